#include "bundle/inference_report.h"

#include <cstdlib>
#include <nlohmann/json.hpp>

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kSampleSize = 8;

// As Python's round(): the shortest number that prints with `digits` decimals.
double Rounded(double value, int digits) { return std::strtod(fmt::format("{:.{}f}", value, digits).c_str(), nullptr); }

Json Sample(const InferenceResult& result, size_t row) {
  Json sample = Json::array();
  const auto dim = static_cast<size_t>(result.embedding_dim);
  for (size_t i = 0; i < std::min(kSampleSize, dim); ++i) {
    sample.push_back(Rounded(static_cast<double>(result.embeddings[row * dim + i]), 6));
  }
  return sample;
}

// The fields of the adaptation, in its order.
Json ReferenceFields(const Engine& engine, const InferenceResult& result) {
  const auto count = static_cast<double>(result.images.size());
  const DeviceDescription& device = engine.device();
  Json json;
  json["model"] = engine.model().config.name();
  json["device"] = device.device;
  json["dtype"] = "float32";
  json["image_path"] = result.images[0].path;
  json["input_shape"] = {result.images.size(), 3, result.height, result.width};
  json["embedding_shape"] = {result.images.size(), result.embedding_dim};
  json["embedding_dim"] = result.embedding_dim;
  json["l2_norm"] = Rounded(result.images[0].l2_norm, 6);
  json["embedding_sample"] = Sample(result, 0);
  json["inference_time_sec"] = Rounded(result.model_seconds, 6);
  json["images_per_sec"] = Rounded(result.model_seconds > 0 ? count / result.model_seconds : 0, 2);
  json["npu_available"] = device.npu_count > 0;
  json["npu_count"] = device.npu_count;
  json["npu_name"] = device.npu_name ? Json(*device.npu_name) : Json();
  json["model_load_time_sec"] = Rounded(engine.load_seconds(), 2);
  return json;
}

// What we add: how the numbers came about.
Json OwnFields(const Engine& engine, const InferenceOptions& options, const InferenceResult& result) {
  const ModelDescription& model = engine.model();
  Json json;
  json["synthetic"] = model.synthetic;
  json["normalized"] = options.normalize;
  json["batch_size"] = options.batch_size;
  json["time_covers"] =
      "the model's forward passes over all pictures, after one warm-up run; not decoding, resizing or loading";
  json["phase_times_sec"] = {{"decode", Rounded(result.decode_seconds, 6)},
                             {"resize", Rounded(result.resize_seconds, 6)},
                             {"model", Rounded(result.model_seconds, 6)}};
  json["threads"] = engine.device().threads;
  json["simd_target"] = engine.device().simd_target;
  json["weights_path"] = model.weights_path;
  json["weights_sha256"] = model.weights_sha256;
  json["convnext_version"] = Version();
  json["convnext_commit"] = Commit();
  json["compiler"] = Compiler();
  return json;
}

Json Images(const InferenceResult& result) {
  Json images = Json::array();
  for (size_t row = 0; row < result.images.size(); ++row) {
    const EmbeddedImage& image = result.images[row];
    images.push_back({{"path", image.path},
                      {"row", row},
                      {"l2_norm", Rounded(image.l2_norm, 6)},
                      {"embedding_sample", Sample(result, row)},
                      {"sha256", image.sha256}});
  }
  return images;
}

Json Failed(const InferenceResult& result) {
  Json failed = Json::array();
  for (const FailedImage& image : result.failed) {
    failed.push_back({{"path", image.path}, {"error", image.status.message()}});
  }
  return failed;
}

// A path may hold any bytes; JSON holds UTF-8 only.
std::string Dump(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

// A value as Python's print() shows it, which is what the adaptation's log holds: arrays with ", " between the values.
std::string LogText(const Json& value) {
  if (value.is_null()) return "None";
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  if (value.is_string()) return Printable(value.get_ref<const std::string&>(), 1000);
  if (!value.is_array()) return Dump(value);
  std::string text;
  for (const Json& element : value) text += (text.empty() ? "" : ", ") + LogText(element);
  return "[" + text + "]";
}

std::string LogLines(const Json& fields) {
  std::string text;
  for (const auto& [name, value] : fields.items()) text += fmt::format("{}: {}\n", name, LogText(value));
  return text;
}

}  // namespace

std::string InferenceJson(const Engine& engine, const InferenceOptions& options, const InferenceResult& result,
                          const std::string& timestamp) {
  Json json = ReferenceFields(engine, result);
  json.update(OwnFields(engine, options, result));
  json["timestamp"] = timestamp;
  json["model_notes"] = engine.model().config.notes;
  json["warnings"] = result.warnings;
  json["images"] = Images(result);
  json["failed"] = Failed(result);
  return Dump(json, 2) + "\n";
}

std::string InferenceLog(const Engine& engine, const InferenceOptions& options, const InferenceResult& result,
                         const std::string& timestamp) {
  std::string text = fmt::format("=== {} Inference Log ===\n", engine.model().config.name());
  text += LogLines(ReferenceFields(engine, result));
  text += fmt::format("timestamp: {}\n", timestamp);
  text += LogLines(OwnFields(engine, options, result));
  for (const Json& image : Images(result)) text += fmt::format("image: {}\n", Dump(image));
  for (const Json& image : Failed(result)) text += fmt::format("failed: {}\n", Dump(image));
  for (const std::string& note : engine.model().config.notes) text += fmt::format("note: {}\n", note);
  for (const std::string& warning : result.warnings) text += fmt::format("warning: {}\n", warning);
  return text;
}

}  // namespace convnext
