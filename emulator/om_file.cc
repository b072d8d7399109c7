// The header of an .om (docs/ascend-facts.md, "Model file: header"), and what this emulator puts after it:
// "CVEM", the length of a JSON text as u32, the JSON text, the ONNX model. All numbers are little-endian.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "model.h"

namespace ascend_emulator {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kHeaderSize = 256;
constexpr uint32_t kMagic = 0x444F4D49;  // "IMOD"
constexpr uint32_t kVersion = 0x20000000;
constexpr std::string_view kPayloadMagic = "CVEM";
constexpr size_t kPayloadStart = kHeaderSize + 8;
// Offsets in the header.
constexpr size_t kLengthAt = 76, kModelTypeAt = 82, kNameAt = 84, kModelNumAt = 156, kPlatformAt = 160;
constexpr size_t kModelLengthAt = 184;
constexpr size_t kNameSize = 32, kPlatformSize = 20;

void Put(std::string& bytes, size_t at, size_t size, uint64_t value) {
  for (size_t i = 0; i < size; ++i) bytes[at + i] = static_cast<char>(value >> (8 * i));
}

uint64_t Get(std::string_view bytes, size_t at, size_t size) {
  uint64_t value = 0;
  for (size_t i = 0; i < size; ++i) value |= uint64_t{static_cast<uint8_t>(bytes[at + i])} << (8 * i);
  return value;
}

void PutText(std::string& bytes, size_t at, size_t size, std::string_view text) {
  text = text.substr(0, size - 1);
  std::copy(text.begin(), text.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
}

Json ToJson(const std::vector<TensorInfo>& tensors) {
  Json list = Json::array();
  for (const TensorInfo& t : tensors)
    list.push_back({{"name", t.name}, {"data_type", t.data_type}, {"format", t.format}, {"dims", t.dims}});
  return list;
}

std::vector<TensorInfo> Tensors(const Json& list) {
  std::vector<TensorInfo> tensors;
  tensors.reserve(list.size());
  for (const Json& item : list)
    tensors.push_back({item.at("name"), item.at("data_type"), item.at("format"), item.at("dims")});
  return tensors;
}

std::string Description(const CompiledModel& model) {
  const Json json = {{"emulator", true},
                     {"name", model.name},
                     {"soc_version", model.soc_version},
                     {"precision_mode", model.precision_mode},
                     {"hf32_convolution", model.hf32_convolution},
                     {"hf32_depthwise", model.hf32_depthwise},
                     {"hf32_matmul", model.hf32_matmul},
                     {"float16_outputs", model.float16_outputs},
                     {"command", model.command},
                     {"gears", model.gears},
                     {"inputs", ToJson(model.inputs)},
                     {"outputs", ToJson(model.outputs)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void FromDescription(std::string_view text, CompiledModel& model) {
  const Json json = Json::parse(text);
  json.at("name").get_to(model.name);
  json.at("soc_version").get_to(model.soc_version);
  json.at("precision_mode").get_to(model.precision_mode);
  json.at("hf32_convolution").get_to(model.hf32_convolution);
  json.at("hf32_depthwise").get_to(model.hf32_depthwise);
  json.at("hf32_matmul").get_to(model.hf32_matmul);
  json.at("float16_outputs").get_to(model.float16_outputs);
  json.at("command").get_to(model.command);
  json.at("gears").get_to(model.gears);
  model.inputs = Tensors(json.at("inputs"));
  model.outputs = Tensors(json.at("outputs"));
}

std::string HeaderError(std::string_view bytes) {
  if (bytes.size() < kHeaderSize) return "truncated: shorter than the header";
  if (Get(bytes, 0, 4) != kMagic || Get(bytes, 4, 4) != kHeaderSize) return "magic: not an offline model";
  const uint64_t length = Get(bytes, kModelLengthAt, 8), present = bytes.size() - kHeaderSize;
  if (length > present) return "truncated: do not get the complete model";
  if (length < present) return "payload: longer than its header says";
  return "";
}

}  // namespace

std::string WriteOm(const CompiledModel& model) {
  const std::string description = Description(model);
  std::string bytes(kPayloadStart, '\0');
  bytes.reserve(kPayloadStart + description.size() + model.onnx.size());
  const size_t length = 8 + description.size() + model.onnx.size();
  Put(bytes, 0, 4, kMagic);
  Put(bytes, 4, 4, kHeaderSize);
  Put(bytes, 8, 4, kVersion);
  Put(bytes, kLengthAt, 4, length & 0xffffffffu);
  Put(bytes, kModelTypeAt, 1, 0);
  PutText(bytes, kNameAt, kNameSize, model.name);
  Put(bytes, kModelNumAt, 4, 1);
  PutText(bytes, kPlatformAt, kPlatformSize, "emulator");
  Put(bytes, kModelLengthAt, 8, length);
  PutText(bytes, kHeaderSize, kPayloadMagic.size() + 1, kPayloadMagic);
  Put(bytes, kHeaderSize + 4, 4, description.size());
  return bytes.append(description).append(model.onnx);
}

std::optional<CompiledModel> ReadOm(std::string_view bytes, std::string& error) {
  error = HeaderError(bytes);
  if (!error.empty()) return std::nullopt;
  if (bytes.size() < kPayloadStart || bytes.substr(kHeaderSize, 4) != kPayloadMagic) {
    error = "payload: not made by the emulator's atc";
    return std::nullopt;
  }
  const uint64_t size = Get(bytes, kHeaderSize + 4, 4);
  if (size > bytes.size() - kPayloadStart) {
    error = "payload: its description is cut off";
    return std::nullopt;
  }
  CompiledModel model;
  try {
    FromDescription(bytes.substr(kPayloadStart, size), model);
  } catch (const nlohmann::json::exception&) {
    error = "payload: its description is damaged";
    return std::nullopt;
  }
  model.onnx = bytes.substr(kPayloadStart + size);
  return model;
}

}  // namespace ascend_emulator
