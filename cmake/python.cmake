# The Python package as scikit-build-core makes it (pyproject.toml): its extension module, by nanobind, and the program for
# `python -m convnext_cpp`. From Python 3.12 on it is made in the stable ABI: the limited C API of 3.12 has what nanobind needs.
find_package(Python 3.10 REQUIRED COMPONENTS Interpreter Development.Module OPTIONAL_COMPONENTS Development.SABIModule)
find_package(nanobind CONFIG REQUIRED)

file(GLOB python_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/python/*.cc)
nanobind_add_module(convnext_python STABLE_ABI NB_STATIC NOMINSIZE ${python_sources})
set_target_properties(convnext_python PROPERTIES OUTPUT_NAME _convnext UNITY_BUILD OFF
                                                 LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/python)
foreach(library nanobind-static nanobind-static-abi3)  # nanobind's own sources: their warnings are not ours
  if(TARGET ${library})
    target_compile_options(${library} PRIVATE -w)
  endif()
endforeach()
target_include_directories(convnext_python PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_include_directories(convnext_python SYSTEM PRIVATE ${NB_DIR}/include)  # no warnings of ours
target_link_libraries(convnext_python PRIVATE ${CONVNEXT_PYTHON_DEPENDS})
# Nothing but the module's one function is seen of it: no name of ours or of a static library meets another module's.
target_link_options(convnext_python PRIVATE -Wl,--exclude-libs,ALL)

install(TARGETS convnext_python LIBRARY DESTINATION convnext_cpp COMPONENT python)
install(TARGETS convnext RUNTIME DESTINATION convnext_cpp/bin COMPONENT python)
