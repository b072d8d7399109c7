// Devices and the contexts on them. With State::lock held.
#pragma once

#include "state.h"

namespace ascend_emulator {

// 0, or 107001 if there is no device of this (logical) number, or 107002 before aclInit.
aclError CheckDevice(int32_t device);

// Destroys a context and what was made in it and not destroyed, which is a leak.
void EndContext(Guard& guard, const std::shared_ptr<Context>& context, const std::string& why);

}  // namespace ascend_emulator
