#include <nlohmann/json.hpp>

#include "convnext/embed/run_embed.h"

namespace convnext {

// What a program decodes and resizes by may differ between versions.
std::string IdentityOf(const Engine& engine, const IdentityOptions& options) {
  const DeviceFacts& device = engine.device();
  const Preprocessing& preprocessing = engine.preprocessor().preprocessing();
  const std::string config = ConfigJson(engine.model().config);
  const bool npu = IsNpu(device.device);
  nlohmann::ordered_json json = {
      {"program", std::string(Version())},
      {"model", engine.model().config.name()},
      {"weights_sha256", engine.model().weights_sha256},
      {"synthetic_weights", engine.model().synthetic},
      {"config_sha256", Sha256(std::as_bytes(std::span(config)))},
      {"image_size", {preprocessing.image_size.height, preprocessing.image_size.width}},
      {"exif_orientation", std::string(Name(engine.preprocessor().decode_options().orientation))},
      {"max_pixels", engine.preprocessor().decode_options().max_pixels},
      {"embedding_dim", engine.embedding_dim()},
      {"normalize", options.normalize},
      {"store", Name(options.store)},
      {"device", npu ? "npu" : device.device},
      {"dtype", device.dtype}};
  if (npu) {
    json["npu_name"] = device.npu_name.value_or("unknown");
    // Each has its share of a batch, which a model compiled for so many computes.
    json["npu_count"] = NpuIndices(device.device).value_or(std::vector<int>()).size();
    json["batch_size"] = options.batch_size;
  } else {
    json["simd_target"] = device.simd_target;
  }
  return json.dump();
}

}  // namespace convnext
