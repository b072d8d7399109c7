#include "convnext/ascend/compile/om_cache.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>
#include <thread>
#include <utility>

#include "convnext/ascend/compile/om_file.h"
#include "convnext/json/json.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "convnext-compiled-1";
constexpr size_t kMaxJsonBytes = size_t{1} << 20;
constexpr size_t kMaxLogBytes = size_t{4} << 20;
constexpr auto kLockPoll = std::chrono::milliseconds(100);

Json ToJson(const OmIngredients& ingredients) {
  return {{"onnx_sha256", ingredients.onnx_sha256},
          {"opset", ingredients.opset},
          {"soc_version", ingredients.soc_version},
          {"cann_version", ingredients.cann_version},
          {"opp_version", ingredients.opp_version},
          {"host", ingredients.host},
          {"flags", ingredients.flags},
          {"op_precision_modes", ingredients.op_precision_modes}};
}

// Paths may hold any bytes; what is not UTF-8 is replaced.
std::string Dump(const Json& json) { return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n"; }

Json EntryJson(const OmIngredients& ingredients, const CompiledModel& model) {
  return {{"format", kFormat},
          {"ingredients", ToJson(ingredients)},
          {"om_sha256", model.om_sha256},
          {"om_bytes", model.om_bytes},
          {"weights", model.weights},
          {"audited", model.audited},
          {"audit_problem", model.audit_problem},
          {"float16_count", model.float16_count},
          {"float16_operators", model.float16_operators},
          {"seconds", model.seconds}};
}

// The fields of EntryJson besides the ingredients. The JSON library throws where one is missing or of another type.
Result<CompiledModel> ParseEntry(const Json& json, const OmIngredients& ingredients) {
  try {
    if (json.at("format") != kFormat) return Invalid("another format");
    if (json.at("ingredients") != ToJson(ingredients)) return Invalid("made of other ingredients");
    CompiledModel model;
    model.cached = true;
    model.opset = ingredients.opset;
    model.om_sha256 = json.at("om_sha256").get<std::string>();
    model.om_bytes = json.at("om_bytes").get<int64_t>();
    model.weights = json.value("weights", std::map<std::string, std::string>());
    model.audited = json.at("audited").get<bool>();
    model.audit_problem = json.at("audit_problem").get<std::string>();
    model.float16_count = json.at("float16_count").get<int64_t>();
    model.float16_operators = json.at("float16_operators").get<std::vector<std::string>>();
    model.seconds = json.at("seconds").get<double>();
    return model;
  } catch (const Json::exception&) {
    return Invalid("a field is missing or of another type");
  }
}

Result<std::string> DigestFile(const std::string& path) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto file, MappedFile::Open(path));
  return Sha256(file.bytes());
}

Status CheckWeights(const CompiledModel& model) {
  for (const auto& [name, digest] : model.weights) {
    if (!IsWeightFile(name)) return Invalid("weights in a file called {}", Printable(name, 100));
    CONVNEXT_ASSIGN_OR_RETURN(const auto found, DigestFile(WeightPath(model.path, name)));
    if (found != digest) return Invalid("the digest of its weights {} is not the one that was recorded", name);
  }
  return {};
}

Status CheckOm(const CompiledModel& model) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto file, MappedFile::Open(model.path));
  if (const auto header = ParseOmHeader(file.bytes()); !header.ok()) return header.status();
  if (Sha256(file.bytes()) != model.om_sha256) return Invalid("its digest is not the one that was recorded");
  return CheckWeights(model);
}

std::string ReadSmall(const std::string& path, size_t max_bytes) {
  const auto file = ReadFile(path, max_bytes);
  return file.ok() ? std::string(reinterpret_cast<const char*>(file->data()), file->size()) : std::string();
}

Result<CompiledModel> ReadEntry(const std::string& base, const OmIngredients& ingredients) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto json, ParseJson(ReadSmall(base + ".json", kMaxJsonBytes)));
  auto model = ParseEntry(json, ingredients);
  if (!model.ok()) return model;
  model->path = base + ".om";
  model->log = ReadSmall(base + ".log", kMaxLogBytes);
  CONVNEXT_RETURN_IF_ERROR(CheckOm(*model));
  return model;
}

std::string ErrorText(int error) { return std::generic_category().message(error); }

Status SyncFile(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const int error = fd < 0 || ::fsync(fd) != 0 ? errno : 0;
  if (fd >= 0) ::close(fd);
  return error == 0 ? Status() : IoError("{}: cannot write it out: {}", Printable(path, 1000), ErrorText(error));
}

// Renames, or copies where the work directory is on another file system.
Status MoveFile(const std::string& from, const std::string& to) {
  CONVNEXT_RETURN_IF_ERROR(SyncFile(from));
  if (::rename(from.c_str(), to.c_str()) == 0) return {};
  if (errno != EXDEV) return IoError("{}: cannot write it: {}", Printable(to, 1000), ErrorText(errno));
  CONVNEXT_ASSIGN_OR_RETURN(const auto file, MappedFile::Open(from));
  return WriteFile(to, [&](const WriteBytes& write) { return write(file.bytes()); });
}

// Another model may have brought the same weights: their names are digests of what is in them.
Status MoveWeights(const std::string& om, CompiledModel& model) {
  for (const std::string& name : WeightFilesOf(om)) {
    CONVNEXT_RETURN_IF_ERROR(MakeDirectories(std::filesystem::path(WeightPath(model.path, name)).parent_path()));
    CONVNEXT_ASSIGN_OR_RETURN(const auto digest, DigestFile(WeightPath(om, name)));
    const auto there = DigestFile(WeightPath(model.path, name));
    if (!there.ok() || *there != digest)
      CONVNEXT_RETURN_IF_ERROR(MoveFile(WeightPath(om, name), WeightPath(model.path, name)));
    model.weights[name] = digest;
  }
  return {};
}

std::string OnnxPath(const std::string& cache, const std::string& source, int opset) {
  const std::string text = fmt::format("{}\nopset {}\n", source, opset);
  return fmt::format("{}/onnx-{}.json", cache, Sha256(std::as_bytes(std::span(text))));
}

}  // namespace

std::string OmKey(const OmIngredients& ingredients) {
  const std::string text = Dump(ToJson(ingredients));
  return Sha256(std::as_bytes(std::span(text)));
}

std::optional<CompiledModel> FindCompiled(const std::string& cache, const OmIngredients& ingredients,
                                          std::string& damage) {
  const std::string key = OmKey(ingredients), base = cache + "/" + key;
  if (::access((base + ".json").c_str(), F_OK) != 0) return std::nullopt;
  auto model = ReadEntry(base, ingredients);
  if (!model.ok()) {
    damage = fmt::format("{}: {}", base, model.status().message());
    return std::nullopt;
  }
  model->key = key;
  return *std::move(model);
}

Status StoreCompiled(const std::string& cache, const OmIngredients& ingredients, const std::string& om,
                     CompiledModel& model) {
  model.key = OmKey(ingredients);
  const std::string base = cache + "/" + model.key;
  model.path = base + ".om";
  model.opset = ingredients.opset;
  CONVNEXT_ASSIGN_OR_RETURN(const auto file, MappedFile::Open(om));
  model.om_sha256 = Sha256(file.bytes());
  model.om_bytes = static_cast<int64_t>(file.bytes().size());
  Status status = MoveWeights(om, model);
  if (status.ok()) status = MoveFile(om, model.path);
  if (status.ok()) status = WriteFile(base + ".log", model.log);
  if (status.ok()) status = WriteFile(base + ".json", Dump(EntryJson(ingredients, model)));
  if (!status.ok()) {
    ::unlink((base + ".json").c_str());
    ::unlink(model.path.c_str());
  }
  return status;
}

Result<FileLock> LockCache(const std::string& cache, const std::string& name, double timeout_seconds,
                           const std::function<void()>& waiting) {
  const std::string path = fmt::format("{}/{}.lock", cache, name);
  auto lock = FileLock::OnFile(path);
  if (!lock.ok()) return lock;
  const Stopwatch stopwatch;
  bool told = false;
  while (lock->TryLock() == FileLock::Outcome::kHeldElsewhere) {
    if (!std::exchange(told, true)) waiting();
    if (stopwatch.Seconds() > timeout_seconds) {
      return Unavailable(
          "{}: another process has held it for {} s. See whether it still works (fuser {}), or use "
          "another cache: XDG_CACHE_HOME",
          Printable(path, 1000), timeout_seconds, Printable(path, 1000));
    }
    std::this_thread::sleep_for(kLockPoll);
  }
  return lock;
}

std::optional<std::string> FindOnnxDigest(const std::string& cache, const std::string& source, int opset) {
  const auto json = ParseJson(ReadSmall(OnnxPath(cache, source, opset), kMaxJsonBytes));
  if (!json.ok() || !json->is_object()) return std::nullopt;
  const auto digest = json->find("onnx_sha256");
  if (digest == json->end() || !digest->is_string()) return std::nullopt;
  return digest->get<std::string>();
}

void StoreOnnxDigest(const std::string& cache, const std::string& source, int opset, const std::string& onnx_sha256) {
  const Json json = {{"opset", opset}, {"onnx_sha256", onnx_sha256}};
  // Only a short cut: without it the model is exported once more.
  [[maybe_unused]] const Status status = WriteFile(OnnxPath(cache, source, opset), Dump(json));
}

Status CheckCache(const std::string& cache) {
  constexpr const char* kAdvice =
      "Give a directory that can be written with XDG_CACHE_HOME (or convnext compile --cache)";
  Status status = MakeDirectories(cache);
  if (status.ok() && ::access(cache.c_str(), W_OK | X_OK) != 0)
    status = IoError("{}: files cannot be written there: {}", Printable(cache, 1000), ErrorText(errno));
  if (status.ok()) return {};
  return {Code::kIo, fmt::format("the cache of compiled models: {}. {}", status.message(), kAdvice)};
}

}  // namespace convnext
