// aclopAttr, in libascendcl.so as in CANN.
#include "op_attributes.h"

#include "call.h"
#include "codes.h"

namespace ascend_emulator {
namespace {

aclError Set(aclopAttr* attributes, const char* name, aclopAttrValue value) {
  if (attributes == nullptr || name == nullptr || *name == '\0')
    return Fail(kInvalidParameter, "EH0002: an attribute needs a set and a name");
  attributes->values.insert_or_assign(name, std::move(value));
  return 0;
}

}  // namespace
}  // namespace ascend_emulator

using namespace ascend_emulator;

#pragma GCC visibility push(default)
extern "C" {

aclopAttr* aclopCreateAttr() {
  return Call("aclopCreateAttr", [] { return new aclopAttr; });
}

void aclopDestroyAttr(const aclopAttr* attr) { delete attr; }

aclError aclopSetAttrBool(aclopAttr* attr, const char* name, uint8_t value) {
  return Call(
      "aclopSetAttrBool", [&] { return Set(attr, name, value != 0); }, attr, name, value);
}

aclError aclopSetAttrInt(aclopAttr* attr, const char* name, int64_t value) {
  return Call(
      "aclopSetAttrInt", [&] { return Set(attr, name, value); }, attr, name, value);
}

aclError aclopSetAttrFloat(aclopAttr* attr, const char* name, float value) {
  return Call(
      "aclopSetAttrFloat", [&] { return Set(attr, name, value); }, attr, name, value);
}

aclError aclopSetAttrString(aclopAttr* attr, const char* name, const char* value) {
  const auto set = [&] {
    if (value == nullptr) return Fail(kInvalidParameter, "EH0002: a text attribute is a null pointer");
    return Set(attr, name, std::string(value));
  };
  return Call("aclopSetAttrString", set, attr, name, value);
}

aclError aclopSetAttrListInt(aclopAttr* attr, const char* name, int count, const int64_t* values) {
  const auto set = [&] {
    if (count < 0 || (count > 0 && values == nullptr))
      return Fail(kInvalidParameter, "EH0002: a list attribute without its numbers");
    return Set(attr, name, std::vector<int64_t>(values, values + count));
  };
  return Call("aclopSetAttrListInt", set, attr, name, count);
}

}  // extern "C"
#pragma GCC visibility pop
