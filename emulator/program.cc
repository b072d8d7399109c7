#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "model.h"
#include "plan.h"

namespace ascend_emulator {
namespace {

constexpr int kFloat16Type = 1, kUint8Type = 4;  // aclDataType

size_t ElementSize(int data_type) { return data_type == kUint8Type ? 1 : data_type == kFloat16Type ? 2 : 4; }

Dims AtBatch(Dims dims, int64_t batch) {
  if (!dims.empty() && dims[0] == -1) dims[0] = batch;
  return dims;
}

std::string ReadInput(const TensorInfo& info, int64_t batch, std::string_view bytes, Tensor& tensor) {
  tensor.dims = AtBatch(info.dims, batch);
  const auto count = static_cast<size_t>(tensor.Count());
  const size_t size = ElementSize(info.data_type);
  if (bytes.size() < count * size)
    return fmt::format("input {}: {} bytes, {} expected", info.name, bytes.size(), count * size);
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i) {
    if (size == 1) {
      values[i] = static_cast<uint8_t>(bytes[i]);
      continue;
    }
    uint32_t bits = 0;
    for (size_t b = 0; b < 4; ++b) bits |= uint32_t{static_cast<uint8_t>(bytes[4 * i + b])} << (8 * b);
    values[i] = std::bit_cast<float>(bits);
  }
  tensor.floats = std::make_shared<const std::vector<float>>(std::move(values));
  return "";
}

void WriteOutput(const TensorInfo& info, const Tensor& tensor, std::string& bytes) {
  const size_t size = ElementSize(info.data_type);
  bytes.resize(tensor.floats->size() * size);
  for (size_t i = 0; i < tensor.floats->size(); ++i) {
    const float value = (*tensor.floats)[i];
    const uint32_t bits = size == 2 ? Float16Bits(value) : std::bit_cast<uint32_t>(value);
    for (size_t b = 0; b < size; ++b) bytes[i * size + b] = static_cast<char>(bits >> (8 * b));
  }
}

}  // namespace

struct Program::Parts {
  std::vector<TensorInfo> inputs, outputs;
  std::vector<int64_t> gears;
  Plan plan;
};

Program::Program(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Program::~Program() = default;

std::unique_ptr<Program> Program::Make(const CompiledModel& model, std::string& error) {
  auto parts = std::make_unique<Parts>();
  error = MakePlan(model, true, parts->plan);
  if (!error.empty()) return nullptr;
  RoundConstants(parts->plan);
  parts->inputs = model.inputs;
  parts->outputs = model.outputs;
  parts->gears = model.gears;
  const size_t extra = model.gears.empty() ? 0 : 1;
  const bool fits =
      model.inputs.size() == parts->plan.inputs.size() + extra && model.outputs.size() == parts->plan.outputs.size();
  if (!fits) {
    error = "the model's inputs and outputs are not those of its graph";
    return nullptr;
  }
  return std::unique_ptr<Program>(new Program(std::move(parts)));
}

std::string Program::Run(int64_t batch, const std::vector<std::string_view>& inputs,
                         std::vector<std::string>& outputs) const {
  const std::vector<int64_t>& gears = parts_->gears;
  if (!gears.empty() && std::find(gears.begin(), gears.end(), batch) == gears.end())
    return fmt::format("batch {} is not one of the gears", batch);
  if (inputs.size() < parts_->inputs.size())
    return fmt::format("{} inputs, {} expected", inputs.size(), parts_->inputs.size());
  std::map<size_t, Tensor> values;
  for (size_t i = 0; i < parts_->plan.input_slots.size(); ++i) {
    Tensor& tensor = values[parts_->plan.input_slots[i]];
    if (std::string error = ReadInput(parts_->inputs[i], batch, inputs[i], tensor); !error.empty()) return error;
  }
  if (std::string error = Execute(parts_->plan, false, values); !error.empty()) return error;
  outputs.resize(parts_->outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i)
    WriteOutput(parts_->outputs[i], values.at(parts_->plan.output_slots[i]), outputs[i]);
  return "";
}

}  // namespace ascend_emulator
