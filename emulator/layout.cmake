# Lays out the emulator's CANN root: cmake -DROOT=DIR -DARCHITECTURE=aarch64 -P layout.cmake. bin/atc and lib64/*.so are built into it.
file(COPY ${CMAKE_CURRENT_LIST_DIR}/cann/ DESTINATION ${ROOT})
file(COPY ${CMAKE_CURRENT_LIST_DIR}/host/ DESTINATION ${ROOT}/${ARCHITECTURE}-linux)
configure_file(${CMAKE_CURRENT_LIST_DIR}/set_env.sh.in ${ROOT}/set_env.sh @ONLY)
# set_env.sh puts these directories on the paths, and the programs look for them.
foreach(directory lib64/plugin/opskernel lib64/plugin/nnengine compiler/ccec_compiler/bin python/site-packages
        opp/built-in/op_impl/ai_core/tbe tools/aml/lib64/plugin)
  file(MAKE_DIRECTORY ${ROOT}/${directory})
endforeach()

# The same as CANN 8.5, whose runtime lets models share weights: other version files, the same programs.
set(newer ${ROOT}-8.5)
file(REMOVE_RECURSE ${newer})
file(COPY ${CMAKE_CURRENT_LIST_DIR}/cann/ DESTINATION ${newer})
file(COPY ${CMAKE_CURRENT_LIST_DIR}/host/ DESTINATION ${newer}/${ARCHITECTURE}-linux)
file(GLOB files ${newer}/*/version.info ${newer}/*/ascend_toolkit_install.info ${newer}/version.cfg)
foreach(file ${files})
  file(READ ${file} text)
  string(REPLACE "8.1.RC1" "8.5.0" text "${text}")
  file(WRITE ${file} "${text}")
endforeach()
foreach(directory bin lib64 compiler python tools)
  file(REMOVE_RECURSE ${newer}/${directory})
  file(CREATE_LINK ${ROOT}/${directory} ${newer}/${directory} SYMBOLIC)
endforeach()
file(MAKE_DIRECTORY ${newer}/opp/built-in/op_impl/ai_core/tbe)
set(ROOT ${newer})
configure_file(${CMAKE_CURRENT_LIST_DIR}/set_env.sh.in ${newer}/set_env.sh @ONLY)
