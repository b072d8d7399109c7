// The error codes that the emulator returns, with their documented meanings.
// See docs/ascend-facts.md, "AscendCL: error codes".
#pragma once

#include "acl_types.h"

namespace ascend_emulator {

// AscendCL's own.
inline constexpr aclError kInvalidParameter = 100000;
inline constexpr aclError kRepeatInitialize = 100002;
inline constexpr aclError kInvalidFile = 100003;
inline constexpr aclError kParseFile = 100006;
inline constexpr aclError kModelNotDynamic = 100019;
inline constexpr aclError kRepeatFinalize = 100037;
inline constexpr aclError kHostOutOfMemory = 200000;
inline constexpr aclError kGraphEngineFailure = 500002;

// The runtime's.
inline constexpr aclError kRuntimeInvalidParameter = 107000;
inline constexpr aclError kInvalidDevice = 107001;
inline constexpr aclError kNoContext = 107002;
inline constexpr aclError kStreamOfOtherContext = 107003;
inline constexpr aclError kModelOfOtherContext = 107004;
inline constexpr aclError kReversedTimes = 107007;
inline constexpr aclError kInvalidHandle = 107017;
inline constexpr aclError kNotSupported = 207000;
inline constexpr aclError kDeviceOutOfMemory = 207001;
inline constexpr aclError kNoDevice = 207004;
inline constexpr aclError kDmaError = 507013;
inline constexpr aclError kRuntimeInternal = 507000;
inline constexpr aclError kEventNotComplete = 507006;
inline constexpr aclError kNotSet = 507007;
inline constexpr aclError kModelExecuteFailed = 507011;
inline constexpr aclError kCopyFailed = 507013;  // SYS_DMA
inline constexpr aclError kStreamTimeout = 507046;

// The graph engine's.
inline constexpr aclError kModelParameterInvalid = 145000;
inline constexpr aclError kExecutorNotInitialized = 145001;
inline constexpr aclError kModelPathInvalid = 145002;
inline constexpr aclError kModelIdInvalid = 145003;
inline constexpr aclError kModelSizeInvalid = 145006;
inline constexpr aclError kGearBufferTooSmall = 145012;
inline constexpr aclError kNotAGear = 145013;
inline constexpr aclError kModelOutOfMemory = 245000;
inline constexpr aclError kLoadFailed = 545001;
inline constexpr aclError kUnloadFailed = 545009;

}  // namespace ascend_emulator
