#include "convnext/weights/header.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "convnext/json/json.h"
#include "convnext/weights/dtype.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxDimensions = 8;

// Where a tensor lies in the data: bytes [begin, end).
struct Range {
  uint64_t begin = 0;
  uint64_t end = 0;
  size_t tensor = 0;  // index
};

Status ParseShape(const Json& json, Shape& shape) {
  if (!json.is_array() || json.size() > kMaxDimensions) {
    return Invalid("\"shape\" is not a list of at most {} sizes", kMaxDimensions);
  }
  for (const Json& size : json) {
    const bool fits = size.is_number_unsigned() && size.get<uint64_t>() <= std::numeric_limits<int64_t>::max();
    if (!fits) return Invalid("\"shape\" holds {}; expected sizes from 0 to 2^63 - 1", Printable(size.dump(), 40));
    shape.push_back(size.get<int64_t>());
  }
  return {};
}

Status ParseOffsets(const Json& json, size_t data_size, Range& range) {
  const bool pair = json.is_array() && json.size() == 2 && json[0].is_number_unsigned() && json[1].is_number_unsigned();
  if (!pair) return Invalid("\"data_offsets\" is not a pair of byte offsets [begin, end]");
  range.begin = json[0].get<uint64_t>();
  range.end = json[1].get<uint64_t>();
  if (range.begin > range.end) return Invalid("its data begins at {}, behind its end at {}", range.begin, range.end);
  if (range.end > data_size) {
    return Invalid("its data ends at byte {}, but the file has only {} bytes of data: it is cut off; get it again",
                   range.end, data_size);
  }
  return {};
}

Status CheckSize(const StoredTensor& tensor) {
  const auto element_size = DtypeSize(tensor.dtype);
  if (!element_size) return Invalid("unknown dtype \"{}\"", Printable(tensor.dtype, 40));
  const auto count = ElementCount(tensor.shape);
  const auto bytes = count ? CheckedProduct(*count, *element_size) : std::nullopt;
  if (bytes == tensor.bytes.size()) return {};
  return Invalid("{} bytes of data for {} {}; expected {}", tensor.bytes.size(), tensor.dtype, ShapeText(tensor.shape),
                 bytes ? std::to_string(*bytes) : "fewer than 2^63 elements");
}

Status ParseTensor(const Json& json, std::span<const std::byte> data, StoredTensor& tensor, Range& range) {
  const bool complete = json.is_object() && json.size() == 3 && json.contains("dtype") && json.contains("shape") &&
                        json.contains("data_offsets") && json["dtype"].is_string();
  if (!complete) return Invalid("expected an object of \"dtype\" (a string), \"shape\" and \"data_offsets\"");
  tensor.dtype = json["dtype"].get<std::string>();
  CONVNEXT_RETURN_IF_ERROR(ParseShape(json["shape"], tensor.shape));
  CONVNEXT_RETURN_IF_ERROR(ParseOffsets(json["data_offsets"], data.size(), range));
  tensor.bytes = data.subspan(range.begin, range.end - range.begin);
  return CheckSize(tensor);
}

Status ParseMetadata(const Json& json, std::map<std::string, std::string>& metadata) {
  if (!json.is_object()) return Invalid("\"__metadata__\" is not an object");
  for (const auto& item : json.items()) {
    if (!item.value().is_string()) {
      return Invalid("\"__metadata__\": the value of \"{}\" is not a string", Printable(item.key()));
    }
    metadata[item.key()] = item.value().get<std::string>();
  }
  return {};
}

// The tensors must cover the data exactly, as the format demands: nothing can be hidden between or behind them.
Status CheckCover(std::vector<Range> ranges, const std::vector<StoredTensor>& tensors, size_t data_size) {
  std::sort(ranges.begin(), ranges.end(),
            [](const Range& a, const Range& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  uint64_t end = 0;
  for (const Range& range : ranges) {
    const std::string name = Printable(tensors[range.tensor].name);
    if (range.begin < end) return Invalid("tensor \"{}\" overlaps the one before it in the file", name);
    if (range.begin > end) return Invalid("{} bytes before tensor \"{}\" belong to none", range.begin - end, name);
    end = range.end;
  }
  if (end != data_size) return Invalid("{} bytes behind the last tensor belong to none", data_size - end);
  return {};
}

}  // namespace

Result<SafetensorsHeader> ParseSafetensorsHeader(std::string_view json, std::span<const std::byte> data) {
  const auto parsed = ParseJson(json);
  if (!parsed.ok()) return parsed.status().Prefixed("the header");
  SafetensorsHeader header;
  std::vector<Range> ranges;
  for (const auto& item : parsed->items()) {
    if (item.key() == "__metadata__") {
      CONVNEXT_RETURN_IF_ERROR(ParseMetadata(item.value(), header.metadata));
      continue;
    }
    StoredTensor tensor;
    tensor.name = item.key();
    Range range;
    range.tensor = header.tensors.size();
    if (Status status = ParseTensor(item.value(), data, tensor, range); !status.ok()) {
      return status.Prefixed(fmt::format("tensor \"{}\"", Printable(tensor.name)));
    }
    header.tensors.push_back(std::move(tensor));
    ranges.push_back(range);
  }
  CONVNEXT_RETURN_IF_ERROR(CheckCover(std::move(ranges), header.tensors, data.size()));
  std::sort(header.tensors.begin(), header.tensors.end(),
            [](const StoredTensor& a, const StoredTensor& b) { return a.name < b.name; });
  return header;
}

}  // namespace convnext
