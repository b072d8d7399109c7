// Any bytes as a compiled model and as the JSON of its graph: read or refused, and what is read is safe to print.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "convnext/ascend/run/run.h"
#include "target.h"

namespace {

void CheckHeader(std::span<const std::byte> file) {
  const auto header = convnext::ParseOmHeader(file);
  if (!header.ok()) return RequireGoodMessage(header.status());
  Require(header->model_length > 0 && header->model_length < file.size());
  Require(convnext::Printable(header->name) == header->name);
  Require(convnext::Printable(header->platform_version) == header->platform_version);
}

void CheckGraph(std::string_view json) {
  const auto audit = convnext::ParseGraphJson(json);
  if (!audit.ok()) return RequireGoodMessage(audit.status());
  Require(audit->operators > 0 && audit->float16_count <= audit->operators);
  Require(static_cast<int64_t>(audit->float16_operators.size()) <= audit->float16_count);
  for (const std::string& name : audit->float16_operators) {
    Require(name.size() < 1000 && convnext::Printable(name, 1000) == name);
  }
}

}  // namespace

FUZZ_TARGET(om) {
  CheckHeader(std::as_bytes(std::span(data, size)));
  CheckGraph({reinterpret_cast<const char*>(data), size});
  return 0;
}
