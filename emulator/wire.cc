#include "wire.h"

#include <bit>

namespace ascend_emulator {

namespace {

bool ConsumeVarint(std::string_view& rest, uint64_t& value) {
  value = 0;
  for (size_t i = 0; i < 10 && i < rest.size(); ++i) {
    const auto byte = static_cast<uint8_t>(rest[i]);
    if (i == 9 && byte > 1) return false;  // more than 64 bits
    value |= uint64_t{byte & 0x7fu} << (7 * i);
    if (byte < 0x80) {
      rest.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

}  // namespace

bool WireReader::Varint(uint64_t& value) { return ConsumeVarint(rest_, value); }

bool WireReader::Fixed(size_t size, uint64_t& value) {
  if (rest_.size() < size) return false;
  value = 0;
  for (size_t i = 0; i < size; ++i) value |= uint64_t{static_cast<uint8_t>(rest_[i])} << (8 * i);
  rest_.remove_prefix(size);
  return true;
}

bool WireReader::Bytes(std::string_view& bytes) {
  uint64_t size = 0;
  if (!Varint(size) || size > rest_.size()) return false;
  bytes = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return true;
}

bool WireReader::Next(WireField& field) {
  if (rest_.empty() || damaged_) return false;
  uint64_t tag = 0;
  damaged_ = !Varint(tag) || tag >> 3 == 0 || tag >> 32 != 0;
  if (damaged_) return false;
  field.number = static_cast<uint32_t>(tag >> 3);
  switch (tag & 7) {
    case 0:
      field.kind = WireField::Kind::kVarint;
      damaged_ = !Varint(field.value);
      break;
    case 1:
      field.kind = WireField::Kind::kFixed64;
      damaged_ = !Fixed(8, field.value);
      break;
    case 2:
      field.kind = WireField::Kind::kBytes;
      damaged_ = !Bytes(field.bytes);
      break;
    case 5:
      field.kind = WireField::Kind::kFixed32;
      damaged_ = !Fixed(4, field.value);
      break;
    default:  // groups, which ONNX does not have
      damaged_ = true;
  }
  return !damaged_;
}

bool AppendIntegers(const WireField& field, std::vector<int64_t>& values) {
  if (field.kind == WireField::Kind::kVarint) {
    values.push_back(static_cast<int64_t>(field.value));
    return true;
  }
  if (field.kind != WireField::Kind::kBytes) return false;
  for (std::string_view rest = field.bytes; !rest.empty();) {
    uint64_t value = 0;
    if (!ConsumeVarint(rest, value)) return false;
    values.push_back(static_cast<int64_t>(value));
  }
  return true;
}

bool AppendFloats(const WireField& field, std::vector<float>& values) {
  if (field.kind == WireField::Kind::kFixed32) {
    values.push_back(std::bit_cast<float>(static_cast<uint32_t>(field.value)));
    return true;
  }
  if (field.kind != WireField::Kind::kBytes || field.bytes.size() % 4 != 0) return false;
  values.reserve(values.size() + field.bytes.size() / 4);
  for (size_t i = 0; i < field.bytes.size(); i += 4) {
    uint32_t bits = 0;
    for (size_t b = 0; b < 4; ++b) bits |= uint32_t{static_cast<uint8_t>(field.bytes[i + b])} << (8 * b);
    values.push_back(std::bit_cast<float>(bits));
  }
  return true;
}

void AppendVarint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void AppendBytesField(std::string& out, uint32_t number, std::string_view bytes) {
  AppendVarint(out, uint64_t{number} << 3 | 2);
  AppendVarint(out, bytes.size());
  out.append(bytes);
}

}  // namespace ascend_emulator
