#include "convnext/facts/tool.h"

namespace convnext {

ToolFacts CurrentTool() {
  static const ToolFacts facts = [] {
    const auto program = MappedFile::Open("/proc/self/exe");
    return ToolFacts{std::string(Version()), std::string(Commit()), program.ok() ? Sha256(program->bytes()) : ""};
  }();
  return facts;
}

}  // namespace convnext
