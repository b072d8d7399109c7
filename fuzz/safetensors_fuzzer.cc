// Any bytes as a safetensors file: read or refused, every tensor inside the file, and bound or refused as a model.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <vector>

#include "convnext/model/weights_binding.h"
#include "convnext/weights/dtype.h"
#include "target.h"

namespace {

using convnext::Safetensors;
using convnext::Status;
using convnext::StoredTensor;

void CheckTensor(const StoredTensor& tensor, std::span<const uint8_t> file) {
  const auto count = convnext::ElementCount(tensor.shape);
  const auto size = convnext::DtypeSize(tensor.dtype);
  Require(count && size && *count * *size == tensor.bytes.size());
  const std::span<const std::byte> whole = std::as_bytes(file);
  const std::less_equal<> before;  // pointers into different arrays compare too
  Require(before(whole.data(), tensor.bytes.data()));
  Require(before(tensor.bytes.data() + tensor.bytes.size(), whole.data() + whole.size()));

  std::vector<float> values(*count);
  const Status status = ToFloat32(tensor, values);
  if (!status.ok()) return RequireGoodMessage(status);
  Require(std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); }));
}

void CheckModel(const convnext::ModelFile& model) {
  Require(CheckConfig(model.config).ok());
  for (const auto& expected : ExpectedTensors(model.config)) {
    const auto values = ReadTensor(model, expected.name);
    if (values.ok()) Require(values->size() == convnext::ElementCount(expected.shape));
    if (!values.ok()) RequireGoodMessage(values.status());
  }
}

void ParseAndCheck(std::span<const uint8_t> file) {
  auto parsed = Safetensors::Parse(std::as_bytes(file), "input");
  if (!parsed.ok()) return RequireGoodMessage(parsed.status());
  for (const StoredTensor& tensor : parsed->tensors()) {
    Require(parsed->Find(tensor.name) == &tensor);
    CheckTensor(tensor, file);
  }
  const auto model = BindModel(*std::move(parsed), nullptr, "input");
  if (!model.ok()) return RequireGoodMessage(model.status());
  CheckModel(*model);
}

// Makes the header end at the last brace: otherwise no change of its length would get past the first check.
void FixHeaderLength(std::vector<uint8_t>& file) {
  const auto brace = std::find(file.rbegin(), file.rend(), uint8_t{'}'});
  const auto end = static_cast<uint64_t>(file.rend() - brace);
  if (end < 8) return;
  const uint64_t length = end - 8;
  std::memcpy(file.data(), &length, sizeof length);
}

}  // namespace

FUZZ_TARGET(safetensors) {
  ParseAndCheck({data, size});
  std::vector<uint8_t> mended(data, data + size);
  FixHeaderLength(mended);
  ParseAndCheck(mended);
  return 0;
}
