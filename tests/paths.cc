#include "paths.h"

namespace convnext {

const char* const kSourceDirectory = CONVNEXT_SOURCE_DIR;
const char* const kProgram = CONVNEXT_PROGRAM;
const char* const kEmulatorCann = CONVNEXT_EMULATOR_CANN;
const char* const kCompiler = CONVNEXT_COMPILER;
const bool kEmulated = CONVNEXT_EMULATED;

}  // namespace convnext
