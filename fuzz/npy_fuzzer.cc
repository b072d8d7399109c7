// Any bytes as a .npy file: read or refused, and what is read has as many values as its shape says.
#include <cstddef>
#include <cstdint>
#include <span>

#include "convnext/tensor/tensor.h"
#include "target.h"

FUZZ_TARGET(npy) {
  const auto array = convnext::ParseNpy(std::as_bytes(std::span(data, size)));
  if (!array.ok()) {
    const convnext::Status status = array.status();
    if (status.code() != convnext::Code::kInvalid) __builtin_trap();
    if (status.message().empty() || status.message().size() >= 2000) __builtin_trap();
    return 0;
  }
  if (array->dtype != "float32" && array->dtype != "float64") __builtin_trap();
  if (convnext::ElementCount(array->tensor.shape) != array->tensor.data.size()) __builtin_trap();
  return 0;
}
