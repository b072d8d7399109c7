# Lays out the emulator's CANN root: cmake -DROOT=DIR -DARCHITECTURE=aarch64 -P layout.cmake. bin/atc and lib64/*.so are built into it.
file(COPY ${CMAKE_CURRENT_LIST_DIR}/cann/ DESTINATION ${ROOT})
file(COPY ${CMAKE_CURRENT_LIST_DIR}/host/ DESTINATION ${ROOT}/${ARCHITECTURE}-linux)
configure_file(${CMAKE_CURRENT_LIST_DIR}/set_env.sh.in ${ROOT}/set_env.sh @ONLY)
# set_env.sh puts these directories on the paths, and the programs look for them.
foreach(directory lib64/plugin/opskernel lib64/plugin/nnengine compiler/ccec_compiler/bin python/site-packages
        opp/built-in/op_impl/ai_core/tbe tools/aml/lib64/plugin)
  file(MAKE_DIRECTORY ${ROOT}/${directory})
endforeach()
