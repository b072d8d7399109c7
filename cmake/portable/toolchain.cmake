# The toolchain of the portable program (tools/portable, docs/building.md): g++ 12 compiles against Debian 12 and its static
# archives, and what comes out is linked against the glibc 2.31 of Debian 11, both unpacked into build/portable. That bounds
# the version of every symbol; cmake/portable/glibc.cc has what is newer than GLIBC_2.28 still.
# x86_64.cmake and aarch64.cmake set CMAKE_SYSTEM_PROCESSOR and `debian`, the name of the architecture there.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_LIBRARY_ARCHITECTURE ${CMAKE_SYSTEM_PROCESSOR}-linux-gnu)
get_filename_component(roots ${CMAKE_CURRENT_LIST_DIR}/../../build/portable ABSOLUTE)
set(archives ${roots}/bookworm-${debian})
set(glibc ${roots}/bullseye-${debian})
set(CMAKE_CXX_COMPILER ${CMAKE_SYSTEM_PROCESSOR}-linux-gnu-g++-12)
set(CMAKE_SYSROOT_COMPILE ${archives})
set(CMAKE_SYSROOT_LINK ${glibc})
set(CMAKE_FIND_ROOT_PATH ${archives})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
# Found before the compiler's own: the first files of a program and glibc; GCC 10's unwinder (that of GCC 12 wants
# _dl_find_object of glibc 2.35), alone in its folder; libstdc++ and libgcc of the Debian that the archives are from.
set(portable_gcc ${archives}/usr/lib/gcc/${CMAKE_LIBRARY_ARCHITECTURE}/12)
string(JOIN " " portable_flags -static-libstdc++ -static-libgcc
  -B${glibc}/usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/ -B${portable_gcc}/ -L${roots}/unwinder-${debian}
  -L${glibc}/usr/lib/${CMAKE_LIBRARY_ARCHITECTURE} -L${portable_gcc} -Wl,--as-needed -Wl,--exclude-libs,ALL)
set(CMAKE_EXE_LINKER_FLAGS_INIT "${portable_flags} -Wl,-z,relro,-z,now")
set(CMAKE_SHARED_LINKER_FLAGS_INIT "${portable_flags}")
