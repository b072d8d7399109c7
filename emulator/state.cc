#include "state.h"

#include <fmt/format.h>

#include "codes.h"
#include "loaded_model.h"

namespace ascend_emulator {
namespace {

thread_local void* current_context = nullptr;

struct LiveCount {
  const char* kind;
  size_t number;
};

// Said at the end of the process, unless aclFinalize has said so already.
struct AtExit {
  ~AtExit() {
    State& state = Global();
    const Guard guard(state.lock);
    if (!state.finalized) ReportLeaks(state, "the end of the process");
  }
} at_exit;

}  // namespace

State& Global() {
  static State& state = *new State;
  return state;
}

std::shared_ptr<Context> CurrentContext() { return Global().contexts.Find(current_context); }

void SetCurrent(const std::shared_ptr<Context>& context) { current_context = context->handle; }

std::shared_ptr<Context> DefaultContext(int32_t device) {
  for (const auto& [handle, context] : Global().contexts.live())
    if (context->is_default && context->device == device) return context;
  return nullptr;
}

aclError NoContext() {
  if (Global().initialized == 0) return Fail(kNoContext, "EE1002: aclInit has not been called");
  if (current_context == nullptr) return Fail(kNoContext, "EE1002: this thread has no current context");
  return Fail(kNoContext, "EE1002: this thread's context is destroyed");
}

aclError RequireContext() {
  const Guard guard(Global().lock);
  return CurrentContext() != nullptr ? 0 : NoContext();
}

std::string SocName() {
  const Guard guard(Global().lock);
  return Global().config.soc;
}

void ReportLeaks(const State& state, const std::string& when) {
  const LiveCount counts[] = {{"context", state.contexts.live().size()},
                              {"stream", state.streams.live().size()},
                              {"event", state.events.live().size()},
                              {"device memory", state.memory.device_count()},
                              {"pinned memory", state.memory.pinned_count()},
                              {"model", state.models.size()},
                              {"model description", state.model_descriptions.live().size()},
                              {"model config", state.model_configs.live().size()},
                              {"dataset", state.datasets.live().size()},
                              {"data buffer", state.data_buffers.live().size()},
                              {"tensor description", state.tensor_descriptions.live().size()}};
  for (const LiveCount& count : counts)
    if (count.number != 0) Log(fmt::format("EMULATOR: leak {} {} at {}", count.number, count.kind, when));
}

}  // namespace ascend_emulator
