# Installs and packs the program, and the library for find_package(convnext) (examples/embed). `cpack` makes
# Debian packages, for Debian 12, and a tarball that works wherever it is unpacked.
include(CMakePackageConfigHelpers)

set(cmake_directory ${CMAKE_INSTALL_LIBDIR}/cmake/convnext)

# A library beside the program, as in the unpacked tarball, comes before the system's.
set_target_properties(convnext PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
install(TARGETS convnext RUNTIME COMPONENT program)
# The documents for users, beside each other as here; not CONTRIBUTING.md and DESIGN.md.
file(GLOB readmes CONFIGURE_DEPENDS README*.md)
install(FILES ${readmes} DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program FILES_MATCHING PATTERN "*.md")
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright COMPONENT program)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/libconvnext-dev RENAME copyright COMPONENT library)

foreach(target ${CONVNEXT_LIBRARY})
  string(REGEX REPLACE "^convnext_" "" name ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  install(TARGETS ${target} EXPORT convnextTargets ARCHIVE COMPONENT library)
endforeach()
# The public headers: convnext/engine.h and what it includes.
set(headers convnext/engine.h)
foreach(round RANGE 1000)
  list(LENGTH headers count)
  if(round EQUAL count)
    break()
  endif()
  list(GET headers ${round} header)
  file(STRINGS src/${header} includes REGEX "^#include \"convnext/")
  list(TRANSFORM includes REPLACE "^#include \"(.*)\".*" "\\1")
  list(APPEND headers ${includes})
  list(REMOVE_DUPLICATES headers)
  get_filename_component(directory ${header} DIRECTORY)
  install(FILES src/${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/${directory} COMPONENT library)
endforeach()
install(EXPORT convnextTargets NAMESPACE convnext:: DESTINATION ${cmake_directory} COMPONENT library)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/convnextConfigVersion.cmake COMPATIBILITY SameMinorVersion)
configure_file(cmake/convnextConfig.cmake ${PROJECT_BINARY_DIR}/convnextConfig.cmake @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/convnextConfig.cmake ${PROJECT_BINARY_DIR}/convnextConfigVersion.cmake DESTINATION ${cmake_directory}
        COMPONENT library)

# Debian 12's. Written out: dpkg-shlibdeps knows only packages installed on this system, which a cross build links none
# of. tests/packages installs what comes out into an empty system and runs it.
set(program_depends "libc6 (>= 2.36)" "libgcc-s1 (>= 12)" "libstdc++6 (>= 12)" libarchive13 libcairo2 libfmt9 libfreetype6 libhwy1
    libjpeg62-turbo libonnx1 libopenjp2-7 libpixman-1-0 libpng16-16 libprotobuf32 "libssl3 (>= 3.0.0)" libtiff6 libwebp7 libwebpdemux2
    libzstd1 zlib1g)
set(library_depends g++ libfmt-dev libhwy-dev libjpeg-dev libonnx-dev libopenjp2-7-dev libpng-dev libprotobuf-dev libssl-dev libtiff-dev libwebp-dev
    nlohmann-json3-dev pkg-config zlib1g-dev)
if(CONVNEXT_AVIF)
  list(APPEND program_depends libavif15)
  list(APPEND library_depends libavif-dev)
endif()
list(JOIN program_depends ", " program_depends)
list(JOIN library_depends ", " library_depends)
file(WRITE ${PROJECT_BINARY_DIR}/DEPENDENCIES
     "What bin/convnext needs, as packages of Debian 12:\n${program_depends}\n"
     "For the pictures of `convnext adapt` in the intended typeface: fonts-dejavu-core\n"
     "To build against the library:\n${library_depends}\n")
install(FILES ${PROJECT_BINARY_DIR}/DEPENDENCIES DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)

set(architecture_x86_64 amd64)
set(architecture_aarch64 arm64)
set(CPACK_GENERATOR DEB TGZ)
set(CPACK_PACKAGE_NAME convnext)
set(CPACK_PACKAGE_VENDOR "convnext.cpp")
set(CPACK_PACKAGE_CONTACT "the authors of convnext.cpp <convnext@localhost>")
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_PACKAGE_FILE_NAME convnext-${PROJECT_VERSION}-linux-${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL program library)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE ${architecture_${CMAKE_SYSTEM_PROCESSOR}})
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME convnext)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_DEPENDS "${program_depends}")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS fonts-dejavu-core)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libconvnext-dev)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_DEPENDS "${library_depends}")
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION "timm's ConvNeXt CLIP image tower as a native program
 Embeds pictures on the CPU or on Huawei Ascend NPUs, measures and proves it.")
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION "timm's ConvNeXt CLIP image tower for C++ programs
 Static libraries, headers and find_package(convnext).")
include(CPack)
