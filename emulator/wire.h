// The wire format of protocol buffers, read from memory: enough for ONNX.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ascend_emulator {

struct WireField {
  uint32_t number = 0;
  enum class Kind { kVarint, kFixed64, kBytes, kFixed32 } kind = Kind::kVarint;
  uint64_t value = 0;      // of a varint or a fixed field
  std::string_view bytes;  // of a field with a length
};

// Reads one message field by field. Damaged bytes end it, with damaged() true.
class WireReader {
 public:
  explicit WireReader(std::string_view message) : rest_(message) {}

  bool Next(WireField& field);  // false at the end
  bool damaged() const { return damaged_; }
  std::string_view rest() const { return rest_; }  // what follows the last field read

 private:
  bool Varint(uint64_t& value);
  bool Fixed(size_t size, uint64_t& value);
  bool Bytes(std::string_view& bytes);

  std::string_view rest_;
  bool damaged_ = false;
};

// The elements of a repeated field of numbers, packed or one by one, appended. false: damaged, or of another type.
bool AppendIntegers(const WireField& field, std::vector<int64_t>& values);
bool AppendFloats(const WireField& field, std::vector<float>& values);

// Writing, for the one message that is rewritten.
void AppendVarint(std::string& out, uint64_t value);
void AppendBytesField(std::string& out, uint32_t number, std::string_view bytes);

}  // namespace ascend_emulator
