// Weights in files beside the model (TensorProto.external_data), put into it.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <utility>

#include "onnx_reader.h"
#include "wire.h"

namespace ascend_emulator {
namespace {

constexpr uint32_t kRawData = 9, kExternalData = 13, kDataLocation = 14;  // of a TensorProto

// StringStringEntryProto.
bool ParseEntry(std::string_view bytes, std::map<std::string, std::string>& entries) {
  WireReader reader(bytes);
  std::string key, value;
  for (WireField field; reader.Next(field);) {
    if (field.number == 1) key = field.bytes;
    if (field.number == 2) value = field.bytes;
  }
  if (!reader.damaged()) entries[key] = value;
  return !reader.damaged();
}

std::optional<uint64_t> Number(const std::map<std::string, std::string>& entries, const std::string& key) {
  const auto found = entries.find(key);
  if (found == entries.end()) return 0;
  const std::string& text = found->second;
  const bool digits = std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (text.empty() || text.size() > 18 || !digits) return std::nullopt;
  return std::stoull(text);
}

// One file at a time is kept open: tensors of a model lie in the same one.
struct DataFile {
  std::string folder, location;
  std::ifstream stream;
  uint64_t size = 0;

  std::string Open(const std::string& name) {
    if (name == location) return "";
    const std::filesystem::path path(name);
    const bool inside = !path.empty() && path.is_relative() && std::find(path.begin(), path.end(), "..") == path.end();
    if (!inside) return fmt::format("the place of external data \"{}\" is not beside the model", name);
    stream = std::ifstream(folder / path, std::ios::binary | std::ios::ate);
    if (!stream) return fmt::format("the external data \"{}\" cannot be read", name);
    location = name;
    size = static_cast<uint64_t>(stream.tellg());
    return "";
  }
};

std::string ReadData(const std::map<std::string, std::string>& entries, DataFile& file, std::string& data) {
  const auto location = entries.find("location");
  const auto offset = Number(entries, "offset"), length = Number(entries, "length");
  if (location == entries.end() || !offset || !length) return "the place of external data is not well-formed";
  if (std::string error = file.Open(location->second); !error.empty()) return error;
  if (*offset > file.size || *length > file.size - *offset)
    return fmt::format("the external data \"{}\" has {} bytes, a tensor ends at {}", file.location, file.size,
                       *offset + *length);
  data.resize(entries.contains("length") ? *length : file.size - *offset);
  file.stream.seekg(static_cast<std::streamoff>(*offset));
  file.stream.read(data.data(), static_cast<std::streamsize>(data.size()));
  return file.stream ? "" : fmt::format("the external data \"{}\" cannot be read", file.location);
}

// Copies the fields of `message` to `out`; `rewrite` may take one for itself: it returns an error text or nullopt.
template <class Rewrite>
std::string CopyFields(std::string_view message, std::string& out, Rewrite rewrite) {
  WireReader reader(message);
  const char* start = message.data();
  for (WireField field; reader.Next(field); start = reader.rest().data()) {
    const std::optional<std::string> taken = rewrite(field);
    if (taken && !taken->empty()) return *taken;
    if (!taken) out.append(start, reader.rest().data());
  }
  return reader.damaged() ? "the bytes are not a whole ONNX model" : "";
}

using Entries = std::map<std::string, std::string>;

// `read` gets the entries of data that lies elsewhere and gives the data: read(entries, data) returns an error text.
template <class Read>
std::string InlineTensor(std::string_view message, Read read, std::string& out) {
  Entries entries;
  bool external = false;
  const std::string error = CopyFields(message, out, [&](const WireField& field) -> std::optional<std::string> {
    if (field.number == kExternalData)
      return ParseEntry(field.bytes, entries) ? "" : "the bytes are not a whole ONNX model";
    if (field.number != kDataLocation) return std::nullopt;
    external = field.value == 1;
    return "";
  });
  if (!error.empty() || !external) return error;
  std::string data;
  if (std::string failure = read(entries, data); !failure.empty()) return failure;
  AppendBytesField(out, kRawData, data);
  return "";
}

// Rewrites the fields `number` of `message`, which are messages, with `inner`.
template <class Inner>
std::string RewriteFields(std::string_view message, uint32_t number, std::string& out, Inner inner) {
  return CopyFields(message, out, [&](const WireField& field) -> std::optional<std::string> {
    if (field.number != number || field.kind != WireField::Kind::kBytes) return std::nullopt;
    std::string rewritten;
    std::string error = inner(field.bytes, rewritten);
    if (error.empty()) AppendBytesField(out, number, rewritten);
    return error;
  });
}

// 128 bits: FNV-1a from two beginnings.
std::string HashName(std::string_view data) {
  uint64_t hashes[] = {0xcbf29ce484222325, 0x84222325cbf29ce4};
  for (const char c : data)
    for (uint64_t& hash : hashes) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return fmt::format("weight_{:016x}{:016x}", hashes[0], hashes[1]);
}

void AppendEntry(std::string& tensor, std::string_view key, std::string_view value) {
  std::string entry;
  AppendBytesField(entry, 1, key);
  AppendBytesField(entry, 2, value);
  AppendBytesField(tensor, kExternalData, entry);
}

std::string MoveOut(std::string_view message, std::string& out, std::map<std::string, std::string>& files) {
  std::string_view raw;
  std::string error = CopyFields(message, out, [&](const WireField& field) -> std::optional<std::string> {
    if (field.number != kRawData) return std::nullopt;
    raw = field.bytes;
    return "";
  });
  if (!error.empty() || raw.empty()) return error;
  const std::string name = HashName(raw);
  files[name] = raw;
  AppendEntry(out, "location", name);
  AppendEntry(out, "length", std::to_string(raw.size()));
  AppendVarint(out, kDataLocation << 3);
  AppendVarint(out, 1);  // EXTERNAL
  return "";
}

template <class Inner>
std::string RewriteInitializers(std::string_view bytes, std::string& out, Inner inner) {
  out.clear();
  return RewriteFields(bytes, 7, out, [&](std::string_view graph, std::string& new_graph) {
    return RewriteFields(graph, 5, new_graph, inner);
  });
}

// The entries of a tensor's external data; empty where its data is inside.
Entries EntriesOf(std::string_view message) {
  Entries entries;
  WireReader reader(message);
  bool external = false;
  for (WireField field; reader.Next(field);) {
    if (field.number == kExternalData) ParseEntry(field.bytes, entries);
    if (field.number == kDataLocation) external = field.value == 1;
  }
  return external ? entries : Entries();
}

std::string CopyFrom(const std::map<std::string, std::string>& files, const Entries& entries, std::string& data) {
  const auto location = entries.find("location");
  if (location == entries.end()) return "the place of external data is not well-formed";
  const auto file = files.find(location->second);
  if (file == files.end()) return fmt::format("the weights {} are not there", location->second);
  const auto length = Number(entries, "length");
  if (!length || *length > file->second.size()) return fmt::format("the weights {} are too short", location->second);
  data.assign(file->second, 0, *length);
  return "";
}

}  // namespace

std::string ExternalizeData(std::string_view bytes, std::string& model, std::map<std::string, std::string>& files) {
  return RewriteInitializers(bytes, model,
                             [&](std::string_view tensor, std::string& out) { return MoveOut(tensor, out, files); });
}

std::map<std::string, uint64_t> ExternalFiles(std::string_view bytes) {
  std::map<std::string, uint64_t> files;
  std::string ignored;
  RewriteInitializers(bytes, ignored, [&](std::string_view tensor, std::string&) {
    const auto entries = EntriesOf(tensor);
    if (const auto location = entries.find("location"); location != entries.end())
      files[location->second] = Number(entries, "length").value_or(0);
    return std::string();
  });
  return files;
}

std::string InlineFiles(std::string_view bytes, const std::map<std::string, std::string>& files, std::string& inlined) {
  const auto read = [&](const Entries& entries, std::string& data) { return CopyFrom(files, entries, data); };
  return RewriteInitializers(
      bytes, inlined, [&](std::string_view tensor, std::string& out) { return InlineTensor(tensor, read, out); });
}

std::string InlineExternalData(std::string_view bytes, const std::string& folder, std::string& inlined) {
  DataFile file;
  file.folder = folder;
  const auto read = [&](const Entries& entries, std::string& data) { return ReadData(entries, file, data); };
  return RewriteInitializers(
      bytes, inlined, [&](std::string_view tensor, std::string& out) { return InlineTensor(tensor, read, out); });
}

}  // namespace ascend_emulator
