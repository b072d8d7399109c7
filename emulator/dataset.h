// A model's inputs or outputs, as the client gathers them.
#pragma once

#include <vector>

#include "runtime.h"
#include "state.h"

namespace ascend_emulator {

struct Dataset {
  std::vector<aclDataBuffer*> buffers;
  std::vector<aclTensorDesc*> descriptions;  // nullptr where none was set
  uint64_t batch = 0;                        // set by aclmdlSetDynamicBatchSize
};

// With State::lock held; nullptr after a misuse.
std::shared_ptr<Dataset> FindDataset(const aclmdlDataset* handle);
std::shared_ptr<DataBuffer> FindBuffer(const aclDataBuffer* handle);

}  // namespace ascend_emulator
