// Copies and executions of streams: lines of the log when the device begins and ends them, and how long they take.
//
//   device: begin execution of model 3 in 0x7f0000000010
//
// ASCEND_EMULATOR_COPY_US and ASCEND_EMULATOR_EXECUTE_US are microseconds that each takes at least. The first
// ASCEND_EMULATOR_HELD_EXECUTIONS executions end only once a copy of another stream has ended after they began. A
// client whose copies wait for executions of other streams meets a limit of a minute.
#pragma once

#include "stream.h"

namespace ascend_emulator {

// Runs work of a stream. The lock is held before and after, not meanwhile.
TaskError RunOperation(Guard& guard, Stream& stream, const Stream::Work& work);

}  // namespace ascend_emulator
