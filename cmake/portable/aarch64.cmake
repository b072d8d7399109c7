set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(debian arm64)
include(${CMAKE_CURRENT_LIST_DIR}/toolchain.cmake)
# The emulator's atc runs so in tests/portable.
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static -L ${roots}/empty-${debian})
