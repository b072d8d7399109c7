#include "convnext/archive/archive.h"
#include "convnext/archive/members.h"

namespace convnext {

Result<std::string> ReadFromArchive(const std::string& path, std::string_view name) {
  constexpr int64_t kMostBytes = int64_t{512} << 20;
  auto members = OpenMembers(path);
  if (!members.ok() && members.status().kind() == "archive.unreadable")
    return Invalid("{}: no {} in it; expected a package that tools/portable made", members.status().message(), name);
  if (!members.ok() && members.status().kind().starts_with("archive."))
    return Invalid("{}; not a whole archive", members.status().message());
  if (!members.ok()) return members.status();
  while (const auto member = (*members)->Next()) {
    if (member->kind != Member::Kind::kFile || !("/" + member->name).ends_with("/" + std::string(name))) continue;
    std::vector<std::byte> bytes;
    const ReadOutcome outcome = (*members)->Read(kMostBytes, bytes);
    if (outcome == ReadOutcome::kWhole) return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (outcome == ReadOutcome::kTooLarge)
      return Invalid("{}: {} has more than {} bytes", Printable(path, 1000), name, kMostBytes);
    if (outcome == ReadOutcome::kArchiveDamaged) break;
    return Invalid("{}: {} is damaged: {}", Printable(path, 1000), name, (*members)->member_error());
  }
  if ((*members)->damage())
    return Invalid("{}: not a whole archive: {}", Printable(path, 1000), (*members)->damage()->message());
  return Invalid("{}: no {} in it; expected a package that tools/portable made", Printable(path, 1000), name);
}

}  // namespace convnext
