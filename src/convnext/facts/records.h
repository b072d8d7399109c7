#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "convnext/base/base.h"
#include "convnext/tensor/tensor.h"

namespace convnext {

// A record is what a run leaves behind: facts only. Every number in a log, a JSON file, a README or a picture is
// computed from records and the raw vectors beside them, by the same code when it is written and when it is checked.

// The program that measured.
struct ToolFacts {
  std::string version;        // "0.1.0"
  std::string commit;         // "+" after it: built with uncommitted changes
  std::string binary_sha256;  // of the program file
  bool operator==(const ToolFacts&) const = default;
};

// The Python that started the program, through one of the launchers of a bundle.
struct LauncherFacts {
  std::string python;              // "3.11.14"
  std::optional<std::string> pip;  // "26.0.1"; nothing where there is none
  bool operator==(const LauncherFacts&) const = default;
};

struct ModelFacts {
  std::string name;          // "convnext_base.clip_laion2b"
  std::string weights_path;  // relative to the working directory, or only the file's name if it lies elsewhere
  std::string weights_sha256;
  int64_t tensors = 0;
  int64_t parameters = 0;
  ImageSize image_size;  // of the input
  int64_t embedding_dim = 0;
  bool synthetic = false;
  std::string config;              // timm's config.json as this program writes it (ConfigJson)
  std::vector<std::string> notes;  // what was assumed about the model
  bool operator==(const ModelFacts&) const = default;
};

// When a run took place, by both clocks: they must agree.
struct Window {
  std::string timestamp;    // local time at the start, "YYYY-MM-DD HH:MM:SS"
  int64_t started_ns = 0;   // system clock, since 1970
  int64_t finished_ns = 0;  // system clock
  int64_t steady_ns = 0;    // steady clock, from start to finish
};

// A picture that a model was given.
struct InputFacts {
  std::string path;  // inside the bundle: "raw/images/cat.jpg"
  std::string file_sha256;
  std::string tensor_sha256;      // of the normalised float32 [3, H, W], little-endian, as timm holds it
  int64_t height = 0, width = 0;  // of the tensor
  bool generated = false;         // made by TestImage, not a photograph
  std::vector<std::string> warnings;
  int64_t turned = 0;  // by this EXIF orientation (2 to 8); 0: not turned
  bool operator==(const InputFacts&) const = default;
};

// Where a bundle has its pictures, and one of them: its path there and its bytes. `generated` tells the test images.
inline constexpr const char* kImageFolder = "raw/images";
struct SourcePicture {
  std::string path;
  std::string bytes;
  bool generated = false;
};

struct InferenceRecord {
  ToolFacts tool;
  ModelFacts model;
  DeviceFacts device;
  Window window;
  std::vector<InputFacts> inputs;
  int64_t batch_size = 1;
  bool normalize = false;
  int64_t load_ns = 0;    // model file to a session that is ready
  int64_t decode_ns = 0;  // totals over all inputs
  int64_t resize_ns = 0;
  int64_t model_ns = 0;                                     // forward passes after the warm-up
  std::vector<std::pair<std::string, std::string>> failed;  // path, error
  std::optional<LauncherFacts> launcher;                    // nothing: started by itself
};

// Where the reference embeddings came from.
struct ReferenceFacts {
  DeviceFacts device;
  std::optional<std::string> file_sha256;       // of FILE.npy, if they were made elsewhere
  std::map<std::string, std::string> versions;  // of what made them there: "timm", "torch"
};

// How far the activations after one stage are from the reference's, the largest over all images.
struct StageDrift {
  std::string stage;
  double max_rel_error_pct = 0;
  double norm_rel_error_pct = 0;
};

struct AccuracyRecord {
  ToolFacts tool;
  ModelFacts model;
  DeviceFacts device;
  ReferenceFacts reference;
  Window window;
  std::vector<InputFacts> inputs;
  double threshold_pct = 1;
  std::vector<StageDrift> drift;          // empty unless asked for
  std::optional<LauncherFacts> launcher;  // nothing: started by itself
};

struct MemoryFacts : DeviceMemory {
  std::optional<int64_t> process_rss_bytes;
};

// BatchTimes::no_device_times.
inline constexpr const char* kNoDeviceTimes = "aclrtEventElapsedTime failed after a run that was good";

struct BatchTimes {
  int64_t batch_size = 0;
  std::vector<int64_t> warmup_ns;
  std::vector<int64_t> times_ns;  // one per run, synchronised
  // The same runs by the clock of a device that is not the host; empty otherwise.
  std::vector<int64_t> copy_in_ns, execute_ns, copy_out_ns;
  std::string no_device_times = {};  // why a device that has a clock gave none; empty otherwise
};

// Run r of a batch is given the inputs (r / 2 + i) mod N for i in [0, batch): every second run repeats the one before,
// which tells whether results are cached.
struct PerformanceRecord {
  ToolFacts tool;
  ModelFacts model;
  DeviceFacts device;
  Window window;
  std::vector<InputFacts> inputs;
  double min_time_sec = 0;
  int64_t load_ns = 0;
  int64_t first_run_ns = 0;
  MemoryFacts memory_before, memory_after;
  std::vector<BatchTimes> batches;
  std::optional<LauncherFacts> launcher;  // nothing: started by itself
};

// A unit of what `convnext embed` makes, when it is committed.
struct EmbeddedUnit {
  int64_t unit = 0;                         // its number in the plan
  int64_t pictures = 0;                     // files or samples that the plan gives it
  int64_t rows = 0;                         // of its array: one for each picture that did not fail
  std::map<std::string, int64_t> failures;  // by code; an archive that is damaged at its end is one more
  std::string commit_sha256;                // of units/NUMBER.json, which holds the digests of its other files
};

// A bundle lists at most so many units; a count in its records is at most this.
inline constexpr int64_t kMaxEmbeddedUnits = 100'000, kMaxEmbeddedCount = int64_t{1} << 40;

// A process of `convnext embed`, and the directory OUT as it left it. The units are a list of their own.
struct EmbeddingRecord {
  ToolFacts tool;
  ModelFacts model;
  DeviceFacts device;
  Window window;                    // of the process, from its start to the last commit
  std::string plan_sha256;          // of OUT/plan.json
  int64_t units = 0, pictures = 0;  // of the plan
  int64_t batch_size = 1;
  bool normalize = false;
  std::string store;            // "float32", "float16": of the arrays
  int64_t rank = 0, ranks = 1;  // the share of this process
  // What this process did, also for units that it could not commit.
  int64_t own_pictures = 0, own_rows = 0;
  std::map<std::string, int64_t> own_failures;
  int64_t load_ns = 0;                    // model file to a session that is ready
  int64_t run_ns = 0;                     // from the first picture that is read to the last commit
  std::optional<LauncherFacts> launcher;  // nothing: started by itself
};

// The input that image `i` of run `run` is, of `inputs` inputs: every second run repeats the one before, so that a
// device that caches results is found out.
inline size_t InputOfRun(size_t run, size_t i, size_t inputs) { return (run / 2 + i) % inputs; }

// The repository that the program was started in.
struct GitFacts {
  std::string branch, commit;
  bool dirty = false;
  std::optional<std::string> remote;  // without credentials
  bool operator==(const GitFacts&) const = default;
};

struct HostFacts {
  std::string host, user, directory;
};

struct EnvironmentRecord {
  ToolFacts tool;
  std::optional<ModelFacts> model;
  std::string requested_device;
  Window window;
  std::string os;  // as Python's platform.platform()
  std::string distribution;
  std::string kernel;
  std::string architecture;
  std::string libc;
  std::string cpu_model;
  std::vector<std::string> cpu_flags;     // of the instruction set extensions that matter here
  std::vector<std::string> simd_targets;  // that this program has and this CPU runs, the best first
  int64_t cores = 0;                      // online
  int64_t usable_cores = 0;               // by affinity and quota
  std::optional<double> quota_cores;
  int64_t memory_bytes = 0;
  std::string compiler;
  std::string build_flags;
  std::map<std::string, std::string> libraries;
  int64_t npu_count = 0;
  std::optional<std::string> npu_name, driver_version, cann_version, npu_smi;
  std::vector<BlockingReason> blocking_reasons;
  std::optional<GitFacts> git;
  std::map<std::string, std::string> variables;  // those of an allow-list that are set
  std::optional<HostFacts> host;                 // only if asked for
  std::optional<LauncherFacts> launcher;         // nothing: started by itself
};

// A program that the bundle carries. What it needs is read from its ELF tables.
struct ProgramFacts {
  std::string path;  // "bin/linux-x86_64/convnext"
  std::string sha256;
  int64_t bytes = 0;
  std::string glibc;                   // the oldest that it runs with, "2.28"; empty if it needs none
  std::vector<std::string> libraries;  // shared ones beside glibc's that it needs
  bool operator==(const ProgramFacts&) const = default;
};

// The facts given to `convnext report` about the repository that the bundle is for.
struct ReportRecord {
  ToolFacts tool;
  std::string timestamp;
  std::string repository_url;  // without credentials; empty if not given
  std::string track;           // "Track 1: 模型适配"
  std::optional<GitFacts> git;
  std::string source_url = {};  // of the program's source, without credentials; empty if not given
  std::vector<ProgramFacts> programs = {};
};

// The request made of `convnext adapt`: a run with the same answers here resumes where the last one stopped.
struct AdaptRecord {
  ToolFacts tool;
  std::string requested_device;
  std::string device;  // on which it runs: the CPU where the NPU is blocked
  std::string dtype;
  int64_t threads = 0;
  std::string simd_target;
  std::string weights_sha256;
  std::string om_sha256;                      // of --om_path; empty without one
  ImageSize image_size;                       // 0x0: the model's own
  std::map<std::string, std::string> inputs;  // sha256 by path
  std::string exif_orientation = "ignore";
  std::vector<int64_t> batch_sizes;
  int64_t warmup = 0;
  int64_t runs = 0;
  double min_time_sec = 0;
  bool with_host_identity = false;
};

}  // namespace convnext
