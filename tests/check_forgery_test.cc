// Bundles whose raw data were forged and everything else made from them again, so that nothing contradicts: only the
// rule that looks at the raw data can tell.
#include <gnu/libc-version.h>
#include <zlib.h>

#include "bundle_fixture.h"

namespace convnext {

void CountEdits(std::map<std::string, int>& mutations);  // of check_test.cc

namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

struct Forgery {
  const char* rule;
  const char* name;
  void (*change)(Records& records, Files& files);
  bool only_a_warning = false;
};

void PrintTo(const Forgery& forgery, std::ostream* out) { *out << forgery.rule << " " << forgery.name; }

constexpr const char* kReference = "raw/accuracy_reference.npy";
constexpr const char* kTest = "raw/accuracy_test.npy";
constexpr const char* kTimed = "raw/performance.npy";
constexpr const char* kInferred = "raw/inference.npy";

Tensor<double> ReadMatrix(const Files& files, const std::string& path) {
  return ValueOrThrow(ParseNpy(BytesOf(files.at(path)))).tensor;
}

void WriteMatrix(Files& files, const std::string& path, const Tensor<double>& matrix) {
  const std::vector<float> narrow(matrix.data.begin(), matrix.data.end());
  files[path] = path == kReference ? NpyBytes(matrix.shape, std::span<const double>(matrix.data))
                                   : NpyBytes(matrix.shape, std::span<const float>(narrow));
}

using ChangeRow = std::function<void(std::span<double> row)>;

void ChangeRowOf(Files& files, const std::string& path, size_t n, const ChangeRow& change) {
  Tensor<double> matrix = ReadMatrix(files, path);
  const auto columns = static_cast<size_t>(matrix.shape[1]);
  change({matrix.data.data() + n * columns, columns});
  WriteMatrix(files, path, matrix);
}

// The rows of the timed runs' embeddings that are of input `n`.
std::vector<size_t> TimedRows(const Records& records, size_t n) {
  std::vector<size_t> rows;
  size_t row = 0;
  const Json& performance = records.at("performance");
  for (const Json& batch : performance["batches"]) {
    for (size_t i = 0; i < batch["batch_size"].get<size_t>(); ++i, ++row) {
      if (InputOfRun(batch["times_ns"].size() - 1, i, performance["inputs"].size()) == n) rows.push_back(row);
    }
  }
  return rows;
}

// Changes what the device gave for input `n`, wherever it was recorded.
void ChangeTestRow(const Records& records, Files& files, size_t n, const ChangeRow& change) {
  ChangeRowOf(files, kTest, n, change);
  for (const size_t row : TimedRows(records, n)) ChangeRowOf(files, kTimed, row, change);
  if (n == 0) ChangeRowOf(files, kInferred, 0, change);
}

// Gives input `to` the embeddings of input `from`, on both sides.
void CopyInput(const Records& records, Files& files, size_t from, size_t to) {
  for (const char* path : {kReference, kTest}) {
    const Tensor<double> matrix = ReadMatrix(files, path);
    const auto source = MatrixRow(matrix, from);
    const ChangeRow copy = [source](std::span<double> row) { std::copy(source.begin(), source.end(), row.begin()); };
    if (path == std::string(kReference)) {
      ChangeRowOf(files, path, to, copy);
    } else {
      ChangeTestRow(records, files, to, copy);
    }
  }
}

void CopyTestToReference(Files& files, size_t row) {
  const Tensor<double> test = ReadMatrix(files, kTest);
  const auto source = MatrixRow(test, row);
  ChangeRowOf(files, kReference, row,
              [source](std::span<double> r) { std::copy(source.begin(), source.end(), r.begin()); });
}

void Fill(std::span<double> row, double value) { std::fill(row.begin(), row.end(), value); }

template <class Change>
void ForEveryModel(Records& records, const Change& change) {
  for (const char* event : {"environment", "inference", "accuracy", "performance"}) change(records[event]["model"]);
}

// A table with one NPU of that name.
std::string NpuSmi(const std::string& name) {
  return "| npu-smi 25.5.2                   Version: 25.5.2                                               |\n"
         "+---------------------------+---------------+----------------------------------------------------+\n"
         "| NPU   Name                | Health        | Power(W)    Temp(C)           Hugepages-Usage(page)|\n"
         "| Chip  Phy-ID              | Bus-Id        | AICore(%)   Memory-Usage(MB)  HBM-Usage(MB)        |\n"
         "+===========================+===============+====================================================+\n" +
         fmt::format("| 0     {:<20}| OK            | 164.4       48                0    / 0             |\n", name) +
         "| 0     0                   | 0000:9D:00.0  | 0           0    / 0          26690/ 65536         |\n"
         "+===========================+===============+====================================================+\n";
}

// As if it had run on an NPU of this name.
void ClaimNpu(Records& records, const std::string& name) {
  for (const char* event : {"inference", "accuracy", "performance"}) {
    Json& device = records[event]["device"];
    device["device"] = "npu:0";
    device["npu_count"] = 1;
    device["npu_name"] = name;
    device["threads"] = 0;
    device["simd_target"] = "";
  }
  for (Json& batch : records["performance"]["batches"]) {
    const std::vector<int64_t> little(batch["times_ns"].size(), 20'000);
    batch["copy_in_ns"] = batch["execute_ns"] = batch["copy_out_ns"] = little;
  }
  Json& environment = records["environment"];
  environment["requested_device"] = records["adapt"]["requested_device"] = records["adapt"]["device"] = "npu:0";
  environment["npu_count"] = 1;
  environment["npu_name"] = name;
  environment["driver_version"] = "25.5.2";
  environment["cann_version"] = "8.5.1";
  environment["npu_smi"] = NpuSmi(name);
  for (const char* memory : {"memory_before", "memory_after"}) {
    records["performance"][memory]["total_bytes"] = int64_t{64} << 30;
    records["performance"][memory]["free_bytes"] = int64_t{60} << 30;
  }
  environment["blocking_reasons"] = Json::array();
}

// The system's text of an x86-64 machine with this kernel.
std::string X86System(Records& records) {
  const std::string kernel = records["environment"]["kernel"];
  return fmt::format("Linux-{}-x86_64-with-glibc{}", kernel.substr(0, kernel.find(' ')), gnu_get_libc_version());
}

void ClaimEverywhere(Records& records, const char* field, const Json& value) {
  for (const char* event : {"inference", "accuracy", "performance"}) records[event]["device"][field] = value;
}

void RecordFile(Records& records, const std::string& path, const std::string& sha256) {
  for (const char* event : {"inference", "accuracy", "performance"}) {
    for (Json& input : records[event]["inputs"]) {
      if (input["path"] == path) input["file_sha256"] = sha256;
    }
  }
  records["adapt"]["inputs"][path] = sha256;
}

// A chunk of a PNG file that holds a text.
std::string TextChunk(const std::string& text) {
  const std::string data = "tEXtComment" + std::string(1, '\0') + text;
  const auto big_endian = [](uLong number) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xff);
    return bytes;
  };
  const uLong checksum = crc32(0, reinterpret_cast<const Bytef*>(data.data()), static_cast<uInt>(data.size()));
  return big_endian(data.size() - 4) + data + big_endian(checksum);
}

// Halves the length of every second run.
void ScaleEverySecondRun(Json& batch, size_t first, double factor) {
  Json& times = batch["times_ns"];
  for (size_t i = first; i < times.size(); i += 2) times[i] = static_cast<int64_t>(times[i].get<double>() * factor);
}

const Forgery kForgeries[] = {
    {"P1", "AnotherCommit", [](Records& r, Files&) { r["performance"]["tool"]["commit"] = "0123456789ab"; }},
    {"P1", "AnotherProgram",
     [](Records& r, Files&) { r["inference"]["tool"]["binary_sha256"] = std::string(64, '1'); }},
    {"P1", "NoCompiler", [](Records& r, Files&) { r["environment"]["compiler"] = ""; }},
    {"P2", "OtherWeightsTimed",
     [](Records& r, Files&) { r["performance"]["model"]["weights_sha256"] = std::string(64, 'a'); }},
    {"P2", "TensorsMiscounted",
     [](Records& r, Files&) { ForEveryModel(r, [](Json& m) { m["tensors"] = m["tensors"].get<int>() + 1; }); }},
    {"P2", "ParametersMiscounted",
     [](Records& r, Files&) { ForEveryModel(r, [](Json& m) { m["parameters"] = 88'222'464; }); }},
    {"P2", "SyntheticConcealed",
     [](Records& r, Files&) {
       r["adapt"]["weights_sha256"] = "3a8a90641974029ae0b894e7efca0a9a01e6c30a6094db4b5ebe19e92f98dbd2";
       ForEveryModel(r, [](Json& m) {
         m["synthetic"] = false;
         m["weights_sha256"] = "3a8a90641974029ae0b894e7efca0a9a01e6c30a6094db4b5ebe19e92f98dbd2";
       });
     }},
    {"P2", "NamedAnother",
     [](Records& r, Files&) { ForEveryModel(r, [](Json& m) { m["name"] = "convnext_base.clip_laion2b"; }); }},
    {"P2", "NotSynthetic", [](Records& r, Files&) { ForEveryModel(r, [](Json& m) { m["synthetic"] = false; }); }},
    {"P3", "PictureExchanged",
     [](Records& r, Files& f) {
       f[r["accuracy"]["inputs"][1]["path"].get<std::string>()] =
           f.at(r["accuracy"]["inputs"][0]["path"].get<std::string>());
     }},
    {"P3", "TensorExchanged",
     [](Records& r, Files&) {
       for (const char* e : {"accuracy", "performance"}) r[e]["inputs"][1]["tensor_sha256"] = std::string(64, 'b');
     }},
    {"P3", "OtherSize",
     [](Records& r, Files&) {
       for (const char* e : {"accuracy", "performance"}) r[e]["inputs"][2]["height"] = 255;
     }},
    {"P3", "WarningsInvented",
     [](Records& r, Files&) {
       for (const char* e : {"accuracy", "performance"}) r[e]["inputs"][1]["warnings"] = {"all is well"};
     }},
    {"P3", "DrawnPicturesCalledPhotographs",
     [](Records& r, Files&) {
       for (const char* e : {"inference", "accuracy", "performance"}) {
         for (Json& input : r[e]["inputs"]) input["generated"] = false;
       }
     }},
    {"P3", "TurnInvented",
     [](Records& r, Files&) {
       for (const char* e : {"accuracy", "performance"}) r[e]["inputs"][1]["turned"] = 6;
       r["adapt"]["exif_orientation"] = "apply";
     }},
    {"P3", "TurnAskedForInVain", [](Records& r, Files&) { r["adapt"]["exif_orientation"] = "sometimes"; }},
    {"P3", "OnePictureTwice",
     [](Records& r, Files& f) {
       const Json& first = r["accuracy"]["inputs"][0];
       for (const char* e : {"accuracy", "performance"}) {
         Json& second = r[e]["inputs"][1];
         for (const char* field : {"file_sha256", "tensor_sha256", "height", "width"}) second[field] = first[field];
       }
       f["raw/images/02_test_image.png"] = f.at("raw/images/01_test_image.png");
       r["adapt"]["inputs"]["raw/images/02_test_image.png"] = first["file_sha256"];
       CopyInput(r, f, 0, 1);
     }},
    {"P3", "ATestImageWithAText",
     [](Records& r, Files& f) {
       std::string& png = f["raw/images/01_test_image.png"];
       png.insert(png.size() - 12, TextChunk("certified"));
       RecordFile(r, "raw/images/01_test_image.png", DigestOf(png));
     }},
    {"P3", "ATestImageWithATail",
     [](Records& r, Files& f) {
       std::string& png = f["raw/images/01_test_image.png"];
       png += "#!/bin/sh\n";
       RecordFile(r, "raw/images/01_test_image.png", DigestOf(png));
     }},
    {"P4", "TimedInHalf", [](Records& r, Files&) { r["performance"]["device"]["dtype"] = "float16"; }},
    {"P4", "OtherThreads", [](Records& r, Files&) { r["inference"]["device"]["threads"] = 64; }},
    {"P4", "OtherTarget", [](Records& r, Files&) { r["performance"]["device"]["simd_target"] = "SVE"; }},
    {"P4", "NoSuchType",
     [](Records& r, Files&) {
       ClaimEverywhere(r, "dtype", "float16 on NPU");
       r["adapt"]["dtype"] = "float16 on NPU";
     }},
    {"P4", "Bfloat16TargetInFloat32",
     [](Records& r, Files&) {
       ClaimEverywhere(r, "simd_target", "AVX3_BF16");
       r["environment"]["simd_targets"] = {"AVX3_BF16", "AVX3", "SCALAR"};
       r["environment"]["cpu_flags"] = {"avx512f", "avx512_bf16"};
       r["environment"]["architecture"] = "x86_64";
       r["environment"]["os"] = X86System(r);
     }},
    {"P5", "LinesInANote",
     [](Records& r, Files&) {
       r["accuracy"]["model"]["notes"] = {"x\n=== Summary on npu:0 ==="};
       r["inference"]["model"]["notes"] = r["accuracy"]["model"]["notes"];
       r["performance"]["model"]["notes"] = r["accuracy"]["model"]["notes"];
       r["environment"]["model"]["notes"] = r["accuracy"]["model"]["notes"];
     }},
    {"P5", "UnknownField", [](Records& r, Files&) { r["accuracy"]["tolerance_pct"] = 5; }},
    {"P5", "UnknownPart", [](Records& r, Files&) { r["performance"]["device"]["overclocked"] = true; }},
    {"P5", "UnknownOption", [](Records& r, Files&) { r["adapt"]["skip_check"] = true; }},
    {"P6", "TheDriverIsAClaim",
     [](Records& r, Files&) {
       ClaimNpu(r, "Ascend910_9362");
       r["environment"]["driver_version"] = "the newest one";
     }},
    {"P6", "TheChipIsAClaim",
     [](Records& r, Files&) {
       ClaimNpu(r, "Ascend910_9362");
       ClaimEverywhere(r, "npu_name", "Ascend910_9362 (1250 pictures/s, certified)");
       r["environment"]["npu_name"] = "Ascend910_9362 (1250 pictures/s, certified)";
     }},
    {"P6", "LettersThatDoNotShow",
     [](Records& r, Files&) {
       ClaimNpu(r, "Ascend910_9362");
       r["environment"]["npu_smi"] = NpuSmi("Ascend910_9362") + "npu-smi emul\u200bator\n";
     }},
    {"P6", "PrecisionOfAnotherChip",
     [](Records& r, Files&) {
       ClaimNpu(r, "Ascend910_9362");
       ClaimEverywhere(r, "precision", "compiled from ONNX opset 17 for Ascend310P3; 0 operators of the compiled graph "
                                       "read or write float16 (atc --mode=1)");
     }},
    {"P6", "OperatorsInFloat16",
     [](Records& r, Files&) {
       ClaimNpu(r, "Ascend910_9362");
       ClaimEverywhere(r, "precision", "compiled from ONNX opset 17 for Ascend910_9362; 412 operators of the compiled "
                                       "graph read or write float16 (atc --mode=1)");
     }},
    {"P6", "AReasonInvented",
     [](Records& r, Files&) { r["environment"]["blocking_reasons"][0]["code"] = "npu.certified"; }},
    {"P6", "WeightsAreALink",
     [](Records& r, Files&) {
       ForEveryModel(r, [](Json& m) { m["weights_path"] = "https://huggingface.co/timm/model.safetensors"; });
     }},
    {"P6", "TheCompilerIsAClaim", [](Records& r, Files&) { r["environment"]["compiler"] = "certified by its makers"; }},
    {"P6", "ALibraryIsAClaim",
     [](Records& r, Files&) { r["environment"]["libraries"]["torch_npu"] = "the official one"; }},
    {"P6", "AVariableOfOnesOwn", [](Records& r, Files&) { r["environment"]["variables"]["CERTIFICATE"] = "42"; }},
    {"P6", "AFlagIsAClaim", [](Records& r, Files&) { r["environment"]["cpu_flags"].push_back("certified by Huawei"); }},
    {"P6", "NoSimdInTheBuild",
     [](Records& r, Files&) {
       r["environment"]["build_flags"] = "Release: -O3; SIMD off; sanitizers none";
       r["environment"]["simd_targets"] = {"SSE2", "SCALAR"};
       ClaimEverywhere(r, "simd_target", "SCALAR");
     }},
    {"P6", "ACommitIsAClaim",
     [](Records& r, Files&) {
       r["environment"]["git"] = {
           {"branch", "main"}, {"commit", "reviewed-and-accepted"}, {"dirty", false}, {"remote", nullptr}};
     }},
    {"P6", "TheProgramIsOfficial",
     [](Records& r, Files&) {
       for (auto& [event, record] : r) record["tool"]["commit"] = "official";
     }},
    {"P6", "AnAddressIsAScript", [](Records& r, Files&) { r["report"]["repository_url"] = "javascript:alert(1)"; }},
    {"P6", "AReferenceWithAClaim",
     [](Records& r, Files&) { r["accuracy"]["reference"]["versions"] = {{"certified by", "them"}}; }},
    {"P6", "ADriftOfNoStage",
     [](Records& r, Files&) {
       r["accuracy"]["drift"] = Json::array(
           {{{"stage", "the NPU, certified"}, {"max_rel_error_pct", 0.1}, {"norm_rel_error_pct", 0.1}}});
     }},
    {"P6", "AFailureIsAClaim",
     [](Records& r, Files&) { r["inference"]["failed"] = Json::array({Json::array({"raw/images/npu.jpg", "none"})}); }},
    {"E1", "NoCpu", [](Records& r, Files&) { r["environment"]["cpu_model"] = ""; }},
    {"E1", "NoCores", [](Records& r, Files&) { r["environment"]["cores"] = 0; }},
    {"E1", "NoLibraries", [](Records& r, Files&) { r["environment"]["libraries"] = Json::object(); }},
    {"E1", "NpuWithoutDriver",
     [](Records& r, Files&) {
       ClaimNpu(r, "Ascend910_9362");
       r["environment"]["driver_version"] = nullptr;
     }},
    {"E1", "DriverMissingAndThere", [](Records& r, Files&) { r["environment"]["driver_version"] = "24.1"; }},
    {"E2", "DeviceNumberBeyondTheirCount",
     [](Records& r, Files&) {
       ClaimNpu(r, "Ascend910_9362");
       ClaimEverywhere(r, "device", "npu:3");
       r["adapt"]["device"] = r["adapt"]["requested_device"] = r["environment"]["requested_device"] = "npu:3";
     }},
    {"E2", "NpuAndReasons",
     [](Records& r, Files&) {
       Json reason = r["environment"]["blocking_reasons"].back();
       reason["code"] = "npu.device.unhealthy";
       ClaimNpu(r, "Ascend910_9362");
       r["environment"]["blocking_reasons"] = Json::array({reason});
     }},
    {"E2", "NoSuchDevice",
     [](Records& r, Files&) {
       for (const char* e : {"inference", "accuracy", "performance"}) r[e]["device"]["device"] = "Ascend 910B4";
       r["environment"]["requested_device"] = "Ascend 910B4";
       r["adapt"]["device"] = r["adapt"]["requested_device"] = "Ascend 910B4";
     }},
    {"E2", "NeitherNpuNorReasons", [](Records& r, Files&) { r["environment"]["blocking_reasons"] = Json::array(); }},
    {"E2", "AnotherDeviceTimed", [](Records& r, Files&) { r["performance"]["device"]["device"] = "cpu-reference"; }},
    {"E2", "NpuNameOnCpu", [](Records& r, Files&) { r["accuracy"]["device"]["npu_name"] = "Ascend910_9362"; }},
    {"E2", "AskedForAnother",
     [](Records& r, Files&) {
       r["environment"]["requested_device"] = r["adapt"]["requested_device"] = "cpu-reference";
     }},
    {"E3", "MoreRunsThanTime",
     [](Records& r, Files&) {
       Json& w = r["performance"]["window"];
       w["finished_ns"] = w["started_ns"].get<int64_t>() + 1000;
       w["steady_ns"] = 1000;
     }},
    {"E3", "AnotherTimestamp",
     [](Records& r, Files&) { r["accuracy"]["window"]["timestamp"] = "1999-01-01 00:00:00"; }},
    {"E3", "TwentySixHoursOff",
     [](Records& r, Files&) {
       for (const char* e : {"environment", "inference", "accuracy", "performance"}) {
         Json& w = r[e]["window"];
         for (const char* n : {"started_ns", "finished_ns"}) w[n] = w[n].get<int64_t>() - 26 * 3'600'000'000'000;
       }
     }},
    {"E3", "InNoTimeZone",
     [](Records& r, Files&) {
       for (const char* n : {"started_ns", "finished_ns"})
         r["accuracy"]["window"][n] = r["accuracy"]["window"][n].get<int64_t>() - 420'000'000'000;
     }},
    {"E3", "PhasesAtOnce",
     [](Records& r, Files&) {
       Json& w = r["performance"]["window"];
       const int64_t start = r["accuracy"]["window"]["started_ns"];
       w["finished_ns"] = start + w["finished_ns"].get<int64_t>() - w["started_ns"].get<int64_t>();
       w["started_ns"] = start;
     }},
    {"E3", "PerformanceFirst",
     [](Records& r, Files&) {
       Json& w = r["performance"]["window"];
       for (const char* n : {"started_ns", "finished_ns"}) w[n] = w[n].get<int64_t>() - 900'000'000'000;
     }},
    {"E3", "ReportedYearsBefore", [](Records& r, Files&) { r["report"]["timestamp"] = "2019-01-01 00:00:00"; }},
    {"E3", "ReportAtNoTime", [](Records& r, Files&) { r["report"]["timestamp"] = "this morning"; }},
    {"E3", "DeviceTimesOnACpu",
     [](Records& r, Files&) {
       r["performance"]["batches"][0]["execute_ns"] = {1000, 1000};
     }},
    {"E3", "DeviceSlowerThanTheRun",
     [](Records& r, Files&) {
       ClaimNpu(r, "Ascend910_9362");
       r["performance"]["batches"][0]["execute_ns"][1] = int64_t{1} << 50;
     }},
    {"E3", "DeviceTimeMissing",
     [](Records& r, Files&) {
       ClaimNpu(r, "Ascend910_9362");
       r["performance"]["batches"][0]["copy_out_ns"].erase(0);
     }},
    {"E3", "ClockJumped",
     [](Records& r, Files&) {
       Json& w = r["accuracy"]["window"];
       w["finished_ns"] = w["finished_ns"].get<int64_t>() + 60'000'000'000;
     },
     true},
    {"E3", "ClockWentBack",
     [](Records& r, Files&) {
       Json& w = r["performance"]["window"];
       w["finished_ns"] = w["finished_ns"].get<int64_t>() - 3'600'000'000'000;
     },
     true},
    {"E3", "AnotherTimeOfDay",
     [](Records& r, Files&) {
       Json& w = r["environment"]["window"];
       for (const char* n : {"started_ns", "finished_ns"}) w[n] = w[n].get<int64_t>() - 7 * 3'600'000'000'000;
     },
     true},
    {"E4", "NamedEmulator", [](Records& r, Files&) { ClaimNpu(r, "AscendEmulator"); }},
    {"E4", "EmulatorInLowerCase", [](Records& r, Files&) { ClaimNpu(r, "Ascend910_emulator"); }},
    {"E4", "EmulatorInNpuSmi",
     [](Records& r, Files&) {
       ClaimNpu(r, "Ascend910_9362");
       r["environment"]["npu_smi"] = NpuSmi("Ascend910_9362") + "npu-smi (Emulator)\n";
     }},
    {"E5", "HomeDirectory",
     [](Records& r, Files&) { r["environment"]["variables"]["LD_LIBRARY_PATH"] = "/home/alice/lib"; }},
    {"E5", "CredentialsInUrl",
     [](Records& r, Files&) { r["report"]["repository_url"] = "https://alice:secret@example.org/r.git"; }},
    {"E5", "Token",
     [](Records& r, Files&) { r["environment"]["variables"]["ASCEND_X"] = "hf_abcdefghijklmnopqrstuvwxyz012345"; }},
    {"E6", "ANanosecondAPass",
     [](Records& r, Files&) {
       for (Json& b : r["performance"]["batches"]) {
         for (Json& time : b["times_ns"]) time = 1;
       }
     }},
    {"E6", "ANanosecondOfWarmUp",
     [](Records& r, Files&) { r["performance"]["batches"][2]["warmup_ns"][0] = 1; }},
    {"E6", "AFirstRunOfNothing", [](Records& r, Files&) { r["performance"]["first_run_ns"] = 0; }},
    {"E6", "InferenceInNoTime", [](Records& r, Files&) { r["inference"]["model_ns"] = 2; }},
    {"E6", "AccuracyInNoTime",
     [](Records& r, Files&) {
       Json& w = r["accuracy"]["window"];
       w["steady_ns"] = 10;
       w["finished_ns"] = w["started_ns"].get<int64_t>() + 10;
     }},
    {"E6", "DecodedInNoTime", [](Records& r, Files&) { r["inference"]["decode_ns"] = 0; }},
    {"E6", "LoadedInNoTime", [](Records& r, Files&) { r["performance"]["load_ns"] = 0; }},
    {"E6", "AnNpuInNoTime",
     [](Records& r, Files&) {
       ClaimNpu(r, "Ascend910_9362");
       for (Json& b : r["performance"]["batches"]) {
         b["copy_in_ns"] = b["execute_ns"] = b["copy_out_ns"] = std::vector<int64_t>(b["times_ns"].size(), 0);
         for (Json& time : b["times_ns"]) time = 1;
       }
     }},
    {"E6", "AnNpuThatComputesNothing",
     [](Records& r, Files&) {
       ClaimNpu(r, "Ascend910_9362");
       for (Json& b : r["performance"]["batches"])
         b["execute_ns"] = std::vector<int64_t>(b["times_ns"].size(), 0);
     }},
    {"E6", "CopiesFasterThanAnyBus",
     [](Records& r, Files&) {
       ClaimNpu(r, "Ascend910_9362");
       for (Json& b : r["performance"]["batches"]) b["copy_in_ns"] = std::vector<int64_t>(b["times_ns"].size(), 3);
     }},
    {"E7", "MoreUsableCoresThanCores",
     [](Records& r, Files&) { r["environment"]["usable_cores"] = r["environment"]["cores"].get<int64_t>() + 1; }},
    {"E7", "AQuotaBelowNothing", [](Records& r, Files&) { r["environment"]["quota_cores"] = -1.5; }},
    {"E7", "AQuotaOfLess",
     [](Records& r, Files&) {
       r["environment"]["quota_cores"] = 0.5;
       r["environment"]["usable_cores"] = r["environment"]["cores"] = 64;
     }},
    {"E7", "AnotherKernel",
     [](Records& r, Files&) { r["environment"]["kernel"] = "5.10.0-60.18.0.50.oe2203.x86_64 #1 SMP"; }},
    {"E7", "AKunpengWithAvx",
     [](Records& r, Files&) {
       r["environment"]["architecture"] = "x86_64";
       r["environment"]["cpu_model"] = "Kunpeng-920";
       r["environment"]["cpu_flags"] = Json::array();
       r["environment"]["simd_targets"] = {"SCALAR"};
       ClaimEverywhere(r, "simd_target", "SCALAR");
       r["environment"]["os"] = X86System(r);
     }},
    {"E7", "NpuSmiOfAnotherChip",
     [](Records& r, Files&) {
       ClaimNpu(r, "Ascend910B4");
       r["environment"]["npu_smi"] = NpuSmi("310P3");
     }},
    {"E7", "NpuSmiWithoutChips",
     [](Records& r, Files&) {
       ClaimNpu(r, "Ascend910B4");
       r["environment"]["npu_smi"] = "certified: 910B4, 1250 pictures a second\n";
     }},
    {"E7", "MoreMemoryThanTheChipHas",
     [](Records& r, Files&) {
       ClaimNpu(r, "Ascend910B4");
       r["performance"]["memory_after"]["total_bytes"] = int64_t{128} << 30;
     }},
    {"E7", "OneByteOfMemory", [](Records& r, Files&) { r["environment"]["memory_bytes"] = 1; }},
    {"E7", "AnotherMemoryInPerformance",
     [](Records& r, Files&) {
       Json& memory = r["performance"]["memory_after"];
       memory["total_bytes"] = 4 * memory["total_bytes"].get<int64_t>();
     }},
    {"E7", "AProcessLargerThanTheMachine",
     [](Records& r, Files&) { r["performance"]["memory_after"]["process_rss_bytes"] = int64_t{1} << 60; }},
    {"E7", "ATargetOfAnotherArchitecture",
     [](Records& r, Files&) { r["environment"]["simd_targets"].push_back("SVE9"); }},
    {"E7", "ATargetThatTheCpuLacks",
     [](Records& r, Files&) {
       Json& e = r["environment"];
       e["architecture"] = "x86_64";
       e["os"] = X86System(r);
       e["cpu_flags"] = {"sse4_1"};
       e["simd_targets"] = {"AVX2", "SCALAR"};
       ClaimEverywhere(r, "simd_target", "SCALAR");
     }},
    {"E7", "ASystemOfAnotherArchitecture",
     [](Records& r, Files&) { r["environment"]["os"] = "Linux-6.1-riscv64-with-glibc2.99"; }},
    {"R4", "TwoRuns",
     [](Records& r, Files&) {
       Json& t = r["performance"]["batches"][2]["times_ns"];
       while (t.size() > 2) t.erase(t.size() - 1);
     }},
    {"R4", "NoWarmUp",
     [](Records& r, Files&) {
       r["adapt"]["warmup"] = 0;
       for (Json& b : r["performance"]["batches"]) b["warmup_ns"] = Json::array();
     }},
    {"R4", "OneRun",
     [](Records& r, Files&) {
       for (Json& b : r["performance"]["batches"]) {
         Json& t = b["times_ns"];
         while (t.size() > 1) t.erase(t.size() - 1);
       }
     }},
    {"R4", "LessThanNoTime",
     [](Records& r, Files&) { r["performance"]["min_time_sec"] = r["adapt"]["min_time_sec"] = -1; }},
    {"S1", "NanInReference",
     [](Records&, Files& f) { ChangeRowOf(f, kReference, 1, [](auto row) { row[5] = std::nan(""); }); }},
    {"S1", "InfinityInReference",
     [](Records&, Files& f) { ChangeRowOf(f, kReference, 0, [](auto row) { row[0] = INFINITY; }); }},
    {"S1", "NanFromDevice",
     [](Records& r, Files& f) { ChangeTestRow(r, f, 2, [](auto row) { row[3] = std::nan(""); }); }},
    {"S1", "Constant",
     [](Records& r, Files& f) {
       ChangeRowOf(f, kReference, 1, [](auto row) { Fill(row, 0.5); });
       ChangeTestRow(r, f, 1, [](auto row) { Fill(row, 0.50000006); });
     }},
    {"S2", "SameForTwo", [](Records& r, Files& f) { CopyInput(r, f, 0, 1); }},
    {"S2", "SameForTwoOthers", [](Records& r, Files& f) { CopyInput(r, f, 1, 2); }},
    {"S2", "SameForAll",
     [](Records& r, Files& f) {
       CopyInput(r, f, 1, 0);
       CopyInput(r, f, 1, 2);
     }},
    {"S3", "OneRowCopied", [](Records&, Files& f) { CopyTestToReference(f, 1); }},
    {"S3", "AllRowsCopied",
     [](Records&, Files& f) {
       for (const size_t n : {0U, 1U, 2U}) CopyTestToReference(f, n);
     }},
    {"S3", "ComparedWithItself", [](Records& r, Files&) { r["accuracy"]["reference"]["device"]["device"] = "cpu"; }},
    {"S3", "ADigestOfNothing",
     [](Records& r, Files&) { r["accuracy"]["reference"]["file_sha256"] = std::string(64, 'z'); }},
    {"S3", "CopiedWithNoise",
     [](Records&, Files& f) {
       CopyTestToReference(f, 0);
       ChangeRowOf(f, kReference, 0, [](auto row) {
         for (double& v : row) v *= 1 + 1e-14;
       });
     }},
    {"S4", "Normalised", [](Records& r, Files&) { r["inference"]["normalize"] = true; }},
    {"S4", "TimedSomethingElse",
     [](Records&, Files& f) {
       ChangeRowOf(f, kTimed, 4, [](auto row) { row[7] = std::nextafter(static_cast<float>(row[7]), 9.0F); });
     }},
    {"S4", "InferredSomethingElse",
     [](Records&, Files& f) { ChangeRowOf(f, kInferred, 0, [](auto row) { row[0] += 0.001; }); }},
    {"S4", "TimedInAnotherOrder",
     [](Records&, Files& f) {
       Tensor<double> m = ReadMatrix(f, kTimed);
       const auto columns = m.shape[1];
       std::swap_ranges(m.data.begin() + columns, m.data.begin() + 2 * columns, m.data.begin() + 2 * columns);
       WriteMatrix(f, kTimed, m);
     }},
    {"S5", "Cached",
     [](Records& r, Files&) {
       for (Json& b : r["performance"]["batches"]) ScaleEverySecondRun(b, 1, 0.5);
     },
     true},
    {"S5", "CachedABit", [](Records& r, Files&) { ScaleEverySecondRun(r["performance"]["batches"][1], 1, 0.88); },
     true},
    {"S5", "CachedAtBatchFour", [](Records& r, Files&) { ScaleEverySecondRun(r["performance"]["batches"][2], 1, 0.15); },
     true},
    {"S6", "Placeholder", [](Records& r, Files&) { r["report"]["track"] = "{{track}}"; }},
    {"S6", "Variable", [](Records& r, Files&) { r["report"]["repository_url"] = "https://$REPOSITORY_URL"; }},
    {"S6", "NotAvailable", [](Records& r, Files&) { r["report"]["track"] = "N/A"; }},
    {"S7", "AnotherModelTimed", [](Records& r, Files&) { r["performance"]["model"]["name"] = "convnext_small"; }},
    {"S7", "AnotherSize", [](Records& r, Files&) { r["performance"]["model"]["image_size"] = 224; }},
    {"S7", "OtherNotes", [](Records& r, Files&) { r["performance"]["model"]["notes"] = {"nothing was assumed"}; }},
    {"S9", "AnotherJob", [](Records& r, Files&) { r["adapt"]["runs"] = 100; }},
    {"S9", "OtherWeightsSetOut", [](Records& r, Files&) { r["adapt"]["weights_sha256"] = std::string(64, 'c'); }},
    {"S9", "AnotherProgramSetOut", [](Records& r, Files&) { r["adapt"]["tool"]["commit"] = "0123456789ab"; }},
    {"S9", "AnotherTypeSetOut", [](Records& r, Files&) { r["adapt"]["dtype"] = "bfloat16"; }},
    {"S9", "OtherThreadsSetOut", [](Records& r, Files&) { r["adapt"]["threads"] = 7; }},
    {"S9", "AnotherTargetSetOut", [](Records& r, Files&) { r["adapt"]["simd_target"] = "NEON9"; }},
    {"S9", "AnotherSizeSetOut", [](Records& r, Files&) { r["adapt"]["image_size"] = 320; }},
    {"S9", "MoreTimeSetOut", [](Records& r, Files&) { r["adapt"]["min_time_sec"] = 60; }},
    {"S9", "CompiledForACpu", [](Records& r, Files&) { r["adapt"]["om_sha256"] = std::string(64, 'a'); }},
    {"S9", "NamedHostSetOut", [](Records& r, Files&) { r["adapt"]["with_host_identity"] = true; }},
    {"S9", "HalfOnAnNpuSetOut",
     [](Records& r, Files&) {
       ClaimNpu(r, "Ascend910_9362");
       r["adapt"]["dtype"] = "float16";
     }},
    {"S8", "TwoPercentOff",
     [](Records& r, Files& f) {
       ChangeTestRow(r, f, 1, [](auto row) {
         for (double& v : row) v *= 1.02;
       });
     }},
    {"S8", "OneNumberOff", [](Records& r, Files& f) { ChangeTestRow(r, f, 2, [](auto row) { row[4] += 1; }); }},
    {"S8", "ThresholdLoosened", [](Records& r, Files&) { r["accuracy"]["threshold_pct"] = 5; }},
    {"S8", "AboveItsOwnThreshold", [](Records& r, Files&) { r["accuracy"]["threshold_pct"] = 1e-12; }},
    {"N1", "Outlier", [](Records& r, Files&) { r["performance"]["batches"][1]["times_ns"][3] = 90'000'000; }, true},
    {"N1", "Drift",
     [](Records& r, Files&) {
       Json& t = r["performance"]["batches"][0]["times_ns"];
       for (size_t i = 0; i < t.size(); ++i) t[i] = 1'000'000 + 30'000 * i;
     },
     true},
    {"N1", "LargerBatchFaster",
     [](Records& r, Files&) {
       for (Json& t : r["performance"]["batches"][2]["times_ns"]) t = t.get<int64_t>() / 3;
     },
     true},
};

class CheckForgeries : public testing::TestWithParam<Forgery> {};
INSTANTIATE_MUTATIONS(CheckForgeries, kForgeries);

TEST_P(CheckForgeries, FailsJustItsRule) {
  const CheckReport report = CheckBundle({ForgeBundle(GetParam().change), {}});
  if (GetParam().only_a_warning) {
    EXPECT_TRUE(report.passed()) << CheckTable(report);
    EXPECT_THAT(RulesWithOutcome(report, {RuleOutcome::kWarn}), Contains(GetParam().rule)) << CheckTable(report);
  } else {
    EXPECT_THAT(FailedRules(report), ElementsAre(GetParam().rule)) << CheckTable(report);
  }
}

TEST(Check, NothingChangedPasses) {
  const CheckReport report = CheckBundle({ForgeBundle([](Records&, Files&) {}), {}});
  EXPECT_THAT(FailedRules(report), IsEmpty()) << CheckTable(report);
}

// The names of what a run of this kind records, on a machine that has the instructions.
TEST(Check, Bfloat16WithItsInstructionsPasses) {
  const auto claim = [](Records& r, Files&) {
    ClaimEverywhere(r, "simd_target", "AVX3_BF16");
    ClaimEverywhere(r, "dtype", "bfloat16");
    r["adapt"]["dtype"] = "bfloat16";
    Json& e = r["environment"];
    e["simd_targets"] = {"AVX3_BF16", "AVX3", "SCALAR"};
    e["cpu_flags"] = {"avx512f", "avx512_bf16"};
    e["architecture"] = "x86_64";
    e["os"] = X86System(r);
  };
  const CheckReport report = CheckBundle({ForgeBundle(claim), {}});
  EXPECT_THAT(FailedRules(report), IsEmpty()) << CheckTable(report);
}

TEST(Check, AnNpuWithItsDataPasses) {
  const CheckReport report =
      CheckBundle({ForgeBundle([](Records& records, Files&) { ClaimNpu(records, "Ascend910_9362"); }), {}});
  EXPECT_THAT(FailedRules(report), IsEmpty()) << CheckTable(report);
}

// Fails closed: without raw data no rule about them passes.
TEST(MoreOfEachRule, R0_WithoutRawDataNothingPasses) {
  for (const char* missing : {kReference, kTest, kTimed, kInferred, kRunLogPath}) {
    Files bundle = GoodBundle();
    bundle.erase(missing);
    if (missing != std::string(kRunLogPath)) RepairDigests(bundle);
    const CheckReport report = CheckBundle({bundle, {}});
    EXPECT_THAT(FailedRules(report), Contains("R0")) << missing;
    EXPECT_GE(FailedRules(report).size(), 20U) << missing;
  }
}

TEST(OneOfEachRule, R0_DamagedRawData) {
  for (const auto& change : std::vector<std::function<void(Files&)>>{
           [](Files& f) { f[kTest].resize(f[kTest].size() - 4); }, [](Files& f) { f[kTest] = f[kTimed]; },
           [](Files& f) { f[kReference] = "no array"; }, [](Files& f) { f[kRunLogPath] = "hello\n"; }}) {
    Files bundle = GoodBundle();
    change(bundle);
    EXPECT_THAT(FailedRules(CheckBundle({bundle, {}})), Contains("R0"));
  }
}

TEST(Check, EveryRuleHasThreeMutations) {
  std::map<std::string, int> mutations = {{"R0", 9}};
  CountEdits(mutations);
  for (const Forgery& forgery : kForgeries) ++mutations[forgery.rule];
  for (const RuleResult& rule : CheckBundle({GoodBundle(), {}}).rules) EXPECT_GE(mutations[rule.id], 3) << rule.id;
}

}  // namespace
}  // namespace convnext
