// One array of all units.
#include "convnext/embed/committed.h"
#include "convnext/embed/layout.h"
#include "convnext/tensor/tensor.h"

namespace convnext {
namespace {

constexpr size_t kPiece = size_t{8} << 20;  // bytes

Status WriteInPieces(const MappedFile& file, std::span<const std::byte> bytes, const WriteBytes& write) {
  for (size_t at = 0; at < bytes.size(); at += kPiece) {
    const auto piece = bytes.subspan(at, std::min(kPiece, bytes.size() - at));
    CONVNEXT_RETURN_IF_ERROR(write(piece));
    file.Release(piece);
  }
  return {};
}

// The bytes behind the header of a unit's array; all of a file of lines.
Status WriteUnit(const std::string& path, bool array, const WriteBytes& write) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto file, MappedFile::Open(path));
  std::span<const std::byte> bytes = file.bytes();
  if (array) {
    CONVNEXT_ASSIGN_OR_RETURN(const auto header, ParseNpyHeader(bytes));
    bytes = header.data;
  }
  return WriteInPieces(file, bytes, write);
}

Status WriteAllUnits(const std::string& output, int64_t units, bool array, const WriteBytes& write) {
  for (int64_t i = 0; i < units; ++i) {
    const UnitPaths paths = PathsOfUnit(i, units);
    CONVNEXT_RETURN_IF_ERROR(WriteUnit(output + "/" + (array ? paths.embeddings : paths.metadata), array, write));
  }
  return {};
}

Status CheckComplete(const std::string& output, const VerifyReport& report) {
  if (!report.problems.empty()) return Invalid("{}", report.problems.front());
  if (report.status.missing.empty()) return {};
  return Invalid("{}: {} of {} units are missing, the first is {}; run convnext embed again", Printable(output, 1000),
                 report.status.missing.size(), report.status.units, report.status.missing.front());
}

}  // namespace

Result<MergeReport> MergeOutput(const std::string& output, const std::string& embeddings, const std::string& metadata) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto verified, VerifyOutput(output));
  CONVNEXT_RETURN_IF_ERROR(CheckComplete(output, verified));
  const int64_t units = verified.status.units;
  CONVNEXT_ASSIGN_OR_RETURN(const auto first, ReadCommitted(output, 0, units));
  if (!first) return Invalid("{}: unit 0 was removed", Printable(output, 1000));
  MergeReport report{verified.status.rows, first->embedding_dim, verified.status.failures};
  CONVNEXT_RETURN_IF_ERROR(WriteFile(embeddings, [&](const WriteBytes& write) {
    const std::string header = NpyHeaderText(first->store, Shape{report.rows, report.embedding_dim});
    CONVNEXT_RETURN_IF_ERROR(write(std::as_bytes(std::span(header))));
    return WriteAllUnits(output, units, true, write);
  }));
  if (metadata.empty()) return report;
  CONVNEXT_RETURN_IF_ERROR(
      WriteFile(metadata, [&](const WriteBytes& write) { return WriteAllUnits(output, units, false, write); }));
  return report;
}

}  // namespace convnext
