#include <cstring>
#include <nlohmann/json.hpp>

#include "convnext/weights/dtype.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

// The header with the length in front: the data begin at a multiple of 8 bytes, as the reference implementation has it.
Result<std::string> HeaderBytes(const std::map<std::string, std::string>& metadata,
                                const std::vector<TensorToWrite>& tensors) {
  Json header = Json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  uint64_t offset = 0;
  for (const TensorToWrite& tensor : tensors) {
    const auto count = ElementCount(tensor.shape);
    const auto size = IsFloatDtype(tensor.dtype) ? DtypeSize(tensor.dtype) : std::nullopt;
    const auto bytes = count && size ? CheckedProduct(*count, *size) : std::nullopt;
    if (!bytes || __builtin_add_overflow(offset, *bytes, &offset) || header.contains(tensor.name)) {
      return Internal("tensor \"{}\" of {} {} cannot be written", Printable(tensor.name), Printable(tensor.dtype),
                      ShapeText(tensor.shape));
    }
    header[tensor.name] = {
        {"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", {offset - *bytes, offset}}};
  }
  std::string json = header.dump(-1, ' ', false, Json::error_handler_t::replace);
  json.append((8 - json.size() % 8) % 8, ' ');
  const uint64_t length = json.size();
  return std::string(reinterpret_cast<const char*>(&length), sizeof length) + json;
}

}  // namespace

Status SerializeSafetensors(const std::map<std::string, std::string>& metadata,
                            const std::vector<TensorToWrite>& tensors, const WriteBytes& write) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto header, HeaderBytes(metadata, tensors));
  CONVNEXT_RETURN_IF_ERROR(write(std::as_bytes(std::span(header))));
  AlignedVector<float> values;
  std::vector<std::byte> stored;
  for (const TensorToWrite& tensor : tensors) {
    values.resize(*ElementCount(tensor.shape));
    tensor.fill(values);
    FromFloat32(values, tensor.dtype, stored);
    CONVNEXT_RETURN_IF_ERROR(write(stored));
  }
  return {};
}

Status WriteSafetensors(const std::string& path, const std::map<std::string, std::string>& metadata,
                        const std::vector<TensorToWrite>& tensors) {
  return WriteFile(path, [&](const WriteBytes& write) { return SerializeSafetensors(metadata, tensors, write); });
}

}  // namespace convnext
