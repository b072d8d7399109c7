// Where things lie. In one object file (paths.cc), so that ccache knows all others again in a clone elsewhere.
#pragma once

namespace convnext {

extern const char* const kSourceDirectory;  // the root of the source tree
extern const char* const kProgram;          // `convnext`
extern const char* const kEmulatorCann;     // the emulator, laid out as CANN is
extern const char* const kCompiler;         // the C++ compiler that built this
extern const bool kEmulated;                // this runs under QEMU's user mode

}  // namespace convnext
