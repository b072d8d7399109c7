#include "convnext/archive/archive_kind.h"
#include "convnext/archive/members.h"

namespace convnext {
namespace {

Status Unreadable(const std::string& path, const std::string& found) {
  return Invalid("{}: {}; expected a tar, plain or in gzip or zstd, or a zip", Printable(path, 1000), found)
      .WithKind("archive.unreadable");
}

std::vector<std::byte> HeadOf(ByteSource& source) {
  std::vector<std::byte> head(kTarBlock);
  head.resize(source.Read(head));
  return head;
}

// Nothing if what is packed in `source`, which is used up, begins as a tar does.
Status CheckPacked(const std::string& path, ByteSource& source, const char* packing) {
  const auto head = HeadOf(source);
  if (KindOf(head) == ArchiveKind::kTar) return {};
  if (source.damage()) return source.damage()->Prefixed(Printable(path, 1000));
  return Unreadable(
      path, fmt::format("{} in {}", KindOf(head) == ArchiveKind::kZip ? "a zip" : DescribeOtherFile(head), packing));
}

Result<std::unique_ptr<MemberReader>> OpenPacked(const std::string& path, ArchiveKind kind) {
  const bool gzip = kind == ArchiveKind::kGzip;
  const auto make = gzip ? MakeGzipSource : MakeZstdSource;
  CONVNEXT_ASSIGN_OR_RETURN(auto looked_at, FileSource::Open(path));
  CONVNEXT_RETURN_IF_ERROR(CheckPacked(path, *make(std::move(looked_at)), gzip ? "gzip" : "zstd"));
  CONVNEXT_ASSIGN_OR_RETURN(auto file, FileSource::Open(path));
  return MakeTarMembers(make(std::move(file)));
}

}  // namespace

Result<std::unique_ptr<MemberReader>> OpenMembers(const std::string& path) {
  CONVNEXT_ASSIGN_OR_RETURN(auto file, FileSource::Open(path));
  const auto head = HeadOf(*file);
  if (file->damage()) return file->damage()->Prefixed(Printable(path, 1000));
  file->Seek(0);
  const ArchiveKind kind = KindOf(head);
  if (kind == ArchiveKind::kTar) return MakeTarMembers(std::move(file));
  if (kind == ArchiveKind::kZip) return MakeZipMembers(std::move(file));
  if (kind == ArchiveKind::kUnknown) return Unreadable(path, DescribeOtherFile(head));
  return OpenPacked(path, kind);
}

}  // namespace convnext
