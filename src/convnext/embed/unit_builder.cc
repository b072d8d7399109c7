#include "convnext/embed/unit_builder.h"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "convnext/embed/layout.h"
#include "convnext/json/json.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

std::string Line(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"; }

Json Named(const EmbedItem& item) {
  Json json = {{"index", item.index}, {"key", item.key}};
  if (!item.shard.empty()) json["shard"] = item.shard;
  return json;
}

std::string Text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// A carried .json as the value that it is; anything else, and one that is no JSON, as text.
Json Carried(const SampleFile& file, std::vector<std::string>& warnings) {
  const std::string text = Text(file.bytes);
  if (file.extension != "json" && !file.extension.ends_with(".json")) return text;
  auto json = ParseJson(text);
  if (json.ok()) return *std::move(json);
  warnings.push_back(fmt::format("its .{} is carried as text: {}", file.extension, json.status().message()));
  return text;
}

std::string Digest(std::string_view text) { return Sha256(std::as_bytes(std::span(text))); }

}  // namespace

const char* Name(StoredType type) { return type == StoredType::kFloat16 ? "float16" : "float32"; }

int64_t TotalOf(const FailureCounts& failures) {
  int64_t count = 0;
  for (const auto& [kind, times] : failures) count += times;
  return count;
}

std::string FailureText(const FailureCounts& failures) {
  std::string text;
  for (const auto& [kind, count] : failures) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, kind);
  return text.empty() ? "no failures" : text;
}

std::string KindOf(const Status& failure) { return failure.kind().empty() ? "failed" : std::string(failure.kind()); }

void UnitBuilder::AddRow(const DecodedItem& decoded, std::span<const float> embedding) {
  for (const float value : embedding) {
    if (store_ == StoredType::kFloat16) {
      const uint16_t half = ToHalf(value);
      embeddings_.append(reinterpret_cast<const char*>(&half), sizeof half);
    } else {
      embeddings_.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
  }
  std::vector<std::string> warnings = decoded.item.warnings;
  Json json = Named(decoded.item);
  json["width"] = decoded.width;
  json["height"] = decoded.height;
  json["sha256"] = decoded.sha256;
  Json carried = Json::object();
  for (const SampleFile& file : decoded.item.carried) carried[file.extension] = Carried(file, warnings);
  if (!warnings.empty()) json["warnings"] = warnings;
  if (!carried.empty()) json["carried"] = std::move(carried);
  metadata_ += Line(json);
  ++rows_;
}

void UnitBuilder::AddFailure(const EmbedItem& item, const Status& problem) {
  AddFailureLine(Named(item), item.offset, problem);
}

void UnitBuilder::AddEnd(const EmbedItem& item) {
  warnings_.insert(warnings_.end(), item.warnings.begin(), item.warnings.end());
  if (item.problem)
    AddFailureLine({{"index", nullptr}, {"key", nullptr}, {"shard", item.shard}}, item.offset, *item.problem);
}

void UnitBuilder::AddFailureLine(Json line, const std::optional<int64_t>& offset, const Status& problem) {
  const std::string kind = KindOf(problem);
  line["code"] = kind;
  line["cause"] = Printable(problem.message(), 1000);
  if (offset) line["offset"] = *offset;
  failures_ += Line(line);
  ++counts_[kind];
}

Status UnitBuilder::Commit(const std::string& output, int64_t units, const std::string& plan,
                           const std::string& identity) const {
  const UnitPaths paths = PathsOfUnit(unit_, units);
  const Shape shape = {rows_, dim_};
  const std::string array = NpyHeaderText(Name(store_), shape) + embeddings_;
  Json json = {
      {"unit", unit_}, {"plan_sha256", plan}, {"rows", rows_}, {"embedding_dim", dim_}, {"store", Name(store_)}};
  json["embeddings_sha256"] = Digest(array);
  json["metadata_sha256"] = Digest(metadata_);
  json["failures_sha256"] = failures_.empty() ? Json() : Json(Digest(failures_));
  json["failures"] = counts_;
  if (!warnings_.empty()) json["warnings"] = warnings_;
  json["identity"] = Json::parse(identity);
  if (::access((output + "/" + paths.commit).c_str(), F_OK) == 0) return {};
  CONVNEXT_RETURN_IF_ERROR(WriteFile(output + "/" + paths.embeddings, array));
  CONVNEXT_RETURN_IF_ERROR(WriteFile(output + "/" + paths.metadata, metadata_));
  if (!failures_.empty()) CONVNEXT_RETURN_IF_ERROR(WriteFile(output + "/" + paths.failures, failures_));
  for (const std::string& path :
       {paths.embeddings, paths.metadata, failures_.empty() ? paths.metadata : paths.failures}) {
    CONVNEXT_RETURN_IF_ERROR(SyncDirectory(output + "/" + path.substr(0, path.find('/'))));
  }
  return WriteNewFile(output + "/" + paths.commit, json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n")
      .status();
}

}  // namespace convnext
