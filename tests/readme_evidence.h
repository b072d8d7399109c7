// Two bundles in memory, as runs would leave them: one where the NPU is blocked and the weights are synthetic, one that
// ran on an NPU. The documents hold the fields of the real ones, made here by hand.
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "convnext/bundle/bundle.h"

namespace convnext {

struct Bundle {
  Evidence evidence;
  Files documents;
  std::string run_digest;
};

namespace readme {

using Json = nlohmann::ordered_json;

constexpr int64_t kImages = 3, kDim = 640;

inline std::string Digest(const std::string& text) { return Sha256(std::as_bytes(std::span(text))); }

// Values like those of a CLIP embedding; `error` is how far they are off, relative to the largest.
inline Tensor<double> Embeddings(double error) {
  Tensor<double> tensor{.shape = {kImages, kDim}, .data = {}};
  for (int i = 0; i < kImages * kDim; ++i) {
    tensor.data.push_back(static_cast<float>(1.5 * std::sin(0.37 * i) + error * std::cos(1.7 * i)));
  }
  return tensor;
}

inline DeviceFacts Device(const std::string& device) {
  DeviceFacts facts;
  facts.device = device;
  facts.dtype = "float32";
  if (device == "npu:0") {
    facts.npu_count = 2;
    facts.npu_name = "Ascend910_9362";
  } else {
    facts.simd_target = device == "cpu" ? "AVX3_DL" : "SCALAR";
    facts.threads = 2;
  }
  return facts;
}

inline std::vector<InputFacts> Inputs() {
  std::vector<InputFacts> inputs;
  for (int i = 0; i < kImages; ++i) {
    inputs.push_back({.path = fmt::format("raw/images/test_{}.png", i),
                      .file_sha256 = Digest(fmt::format("file {}", i)),
                      .tensor_sha256 = Digest(fmt::format("tensor {}", i)),
                      .height = 256,
                      .width = 256,
                      .generated = i > 0,
                      .warnings = {}});
  }
  return inputs;
}

template <class Record>
void FillRun(Record& record, const std::string& device, bool synthetic) {
  record.tool = {"0.1.0", "5095d2f0c2f94d6bb2f6b5c6be0d6f0d4a2d1c11", Digest("program")};
  record.model = {.name = "convnext_base.clip_laion2b",
                  .weights_path = synthetic ? "weights/synthetic/model.safetensors" : "weights/model.safetensors",
                  .weights_sha256 = Digest("weights"),
                  .tensors = 344,
                  .parameters = 88221056,
                  .image_size = {256, 256},
                  .embedding_dim = kDim,
                  .synthetic = synthetic,
                  .config = "{}",
                  .notes = {}};
  record.device = Device(device);
  record.window = {"2026-11-24 21:40:07", 1795556407000000000, 1795556411250000000, 4250000000};
  record.inputs = Inputs();
}

inline EnvironmentRecord Environment(bool npu) {
  EnvironmentRecord record;
  record.requested_device = "npu";
  record.os = "Linux-6.1.0-28-amd64-x86_64-with-glibc2.36";
  record.distribution = "Debian GNU/Linux 12 (bookworm)";
  record.architecture = npu ? "aarch64" : "x86_64";
  record.cpu_model = npu ? "Kunpeng-920" : "Intel(R) Xeon(R) Processor @ 2.10GHz";
  record.cores = 4;
  record.usable_cores = 2;
  record.memory_bytes = 16769449984;
  record.compiler = "GCC 12.2.0";
  record.build_flags = "-O3 -DNDEBUG -ffp-contract=off";
  record.libraries = {{"fmt", "9.1.0"}, {"highway", "1.0.3"}, {"libjpeg-turbo", "2.1.5"}};
  if (npu) {
    record.npu_count = 2;
    record.npu_name = "Ascend910_9362";
    record.driver_version = "25.5.2";
    record.cann_version = "8.5.1";
  } else {
    record.blocking_reasons = {
        MakeReason("npu.driver.missing", Say({"/dev/davinci_manager does not exist", "没有 /dev/davinci_manager"}),
                   Say({"no Ascend driver is loaded", "没有加载昇腾驱动"}),
                   Say({"install the Ascend driver and firmware; then npu-smi info lists the devices",
                        "安装昇腾驱动和固件，之后 npu-smi info 会列出设备"})),
        MakeReason("npu.cann.missing", Say({"ASCEND_TOOLKIT_HOME is not set", "没有设置 ASCEND_TOOLKIT_HOME"}),
                   Same(""), Say({"source set_env.sh of the CANN toolkit", "source CANN toolkit 的 set_env.sh"}))};
  }
  return record;
}

// What convnext embed left of 30 pictures: one of two units is not done.
inline void AddEmbedding(Bundle& bundle) {
  Evidence& e = bundle.evidence;
  EmbeddingRecord& record = e.embedding.emplace();
  record.tool = e.accuracy.tool;
  record.model = e.accuracy.model;
  record.device = e.accuracy.device;
  record.window = e.accuracy.window;
  record.plan_sha256 = Digest("plan");
  record.units = 2;
  record.pictures = 30;
  record.batch_size = 16;
  record.store = "float16";
  record.own_pictures = 20;
  record.own_rows = 18;
  record.own_failures = {{"picture.empty", 2}};
  record.load_ns = 1'500'000'000;
  record.run_ns = 3'250'000'000;
  e.embedded_units = {{0, 20, 18, {{"picture.empty", 2}}, Digest("commit")}};
  Files files = EmbeddingFiles(record, e.embedded_units);
  files.erase(kEmbeddedUnitsPath);
  bundle.documents.merge(files);
}

inline Evidence MakeEvidence(const std::string& device) {
  const bool npu = device == "npu:0";
  Evidence evidence;
  evidence.environment = Environment(npu);
  FillRun(evidence.inference, device, !npu);
  FillRun(evidence.accuracy, device, !npu);
  FillRun(evidence.performance, device, !npu);
  evidence.accuracy.reference.device = Device(npu ? "cpu" : "cpu-reference");
  evidence.report.timestamp = "2026-11-24 21:41:00";
  evidence.report.track = "Track 1: 模型适配";
  if (npu) {
    evidence.report.repository_url = "https://gitcode.com/example/convnext_base_clip_laion2b_adapt";
    evidence.report.git = {.branch = "main", .commit = "765e2c4a3d3d7a8b1f0c9e", .dirty = true, .remote = {}};
  }
  evidence.reference_embeddings = Embeddings(0);
  evidence.test_embeddings = Embeddings(npu ? 4e-4 : 1e-6);
  evidence.inference_embeddings = evidence.test_embeddings;
  return evidence;
}

inline std::span<const double> Embedding(const Tensor<double>& tensor, int64_t row) {
  return std::span<const double>(tensor.data).subspan(static_cast<size_t>(row * kDim), kDim);
}

inline Json AccuracyDocument(const Evidence& evidence) {
  Json json = {{"model", evidence.accuracy.model.name},
               {"reference_device", "cpu"},
               {"test_device", evidence.accuracy.device.device},
               {"npu_name", evidence.accuracy.device.npu_name ? Json(*evidence.accuracy.device.npu_name) : Json()},
               {"num_images", kImages},
               {"overall_max_rel_error_pct", 0.0},
               {"overall_mean_rel_error_pct", 0.0},
               {"overall_min_cosine_similarity", 1.0},
               {"all_pass_lt_1pct", true}};
  for (int64_t i = 0; i < kImages; ++i) {
    const Metrics m = Compare(Embedding(evidence.reference_embeddings, i), Embedding(evidence.test_embeddings, i));
    json["overall_max_rel_error_pct"] = std::max(json["overall_max_rel_error_pct"].get<double>(), m.max_rel_error_pct);
    json["overall_mean_rel_error_pct"] = json["overall_mean_rel_error_pct"].get<double>() + m.mean_rel_error_pct / 3;
    json["overall_min_cosine_similarity"] =
        std::min(json["overall_min_cosine_similarity"].get<double>(), m.cosine_similarity);
    json["per_image_results"].push_back({{"image_idx", i},
                                         {"max_abs_error", m.max_abs_error},
                                         {"mean_abs_error", m.mean_abs_error},
                                         {"max_rel_error_pct", m.max_rel_error_pct},
                                         {"mean_rel_error_pct", m.mean_rel_error_pct},
                                         {"cosine_similarity", m.cosine_similarity},
                                         {"mse", m.mse},
                                         {"snr_db", m.snr_db}});
  }
  return json;
}

inline Json InferenceDocument(const Evidence& evidence) {
  return {{"model", evidence.inference.model.name},
          {"device", evidence.inference.device.device},
          {"dtype", "float32"},
          {"image_path", "raw/images/test_0.png"},
          {"input_shape", {1, 3, 256, 256}},
          {"embedding_shape", {1, 640}},
          {"embedding_dim", 640},
          {"l2_norm", 26.834512},
          {"embedding_sample", {0.0, 0.542431, 1.011437, 1.343530, 1.493788, 1.441913}},
          {"inference_time_sec", 0.107506},
          {"images_per_sec", 9.3},
          {"npu_available", evidence.inference.device.npu_count > 0},
          {"npu_name", nullptr},
          {"phase_times_sec", {{"decode", 0.001812}, {"resize", 0.00212}}},
          {"warnings", Json::array()}};
}

inline Json BatchDocument(int batch) {
  const double t = 0.0147980928421 * batch;
  return {{"avg_time_sec", t},
          {"std_time_sec", 1.5574427931613688e-05},
          {"min_time_sec", t * 0.99},
          {"max_time_sec", t * 1.02},
          {"p50_sec", t * 1.001},
          {"p90_sec", t * 1.009},
          {"p95_sec", t * 1.011},
          {"p99_sec", t * 1.017},
          {"throughput_img_per_sec", batch / t},
          {"num_runs", 10},
          {"warmup", 3},
          {"times_ns", std::vector<int64_t>(10, static_cast<int64_t>(t * 1e9))}};
}

inline Json PerformanceDocument(const Evidence& evidence) {
  return {{"model", evidence.performance.model.name},
          {"device", evidence.performance.device.device},
          {"dtype", "float32"},
          {"input_size", {3, 256, 256}},
          {"memory_before", {{"free_mb", 61954.43}, {"total_mb", 62740.0}, {"used_mb", 785.57}}},
          {"memory_after", {{"free_mb", 61443.25}, {"total_mb", 62740.0}, {"used_mb", 1296.75}}},
          {"per_batch_results", {{"bs1", BatchDocument(1)}, {"bs4", BatchDocument(4)}, {"bs16", BatchDocument(16)}}}};
}

inline Json EnvDocument(const Evidence& evidence) {
  return {{"timestamp", "2026-11-24 21:40:01"},
          {"os", evidence.environment.os},
          {"python", nullptr},
          {"model", "convnext_base.clip_laion2b"},
          {"model_params_m", 88.22},
          {"npu_available", evidence.environment.npu_count > 0},
          {"npu_count", evidence.environment.npu_count},
          {"torch_version", nullptr},
          {"npu_smi", "+------+\n| npu-smi 25.5.2 |\n+------+"}};
}

}  // namespace readme

inline Bundle MakeBundle(const std::string& device) {
  Bundle bundle{.evidence = readme::MakeEvidence(device), .documents = {}, .run_digest = readme::Digest("last line")};
  bundle.documents = {{"logs/inference.json", readme::InferenceDocument(bundle.evidence).dump(2) + "\n"},
                      {"results/accuracy_eval.json", readme::AccuracyDocument(bundle.evidence).dump(2) + "\n"},
                      {"results/performance_eval.json", readme::PerformanceDocument(bundle.evidence).dump(2) + "\n"},
                      {"results/env_info.json", readme::EnvDocument(bundle.evidence).dump(2) + "\n"},
                      {"logs/inference.log", "=== convnext_base.clip_laion2b Inference Log ===\nnpu_name: None\n"},
                      {"logs/accuracy_eval.log", "--- Image 1/3 ---\nMax rel error: 0.021424%\n"},
                      {"logs/performance_eval.log", "--- BS=1 ---\nThroughput: 67.58 img/s\n"},
                      {"logs/env_check.log", "## CANN Version\n8.5.1\n"}};
  return bundle;
}

inline Bundle BlockedBundle() { return MakeBundle("cpu"); }
inline Bundle NpuBundle() { return MakeBundle("npu:0"); }
inline Bundle EmbeddingBundle() {
  Bundle bundle = NpuBundle();
  readme::AddEmbedding(bundle);
  return bundle;
}

}  // namespace convnext
