// A forger's tools for raw data: records, vectors and what a machine says of itself.
#pragma once

#include <gnu/libc-version.h>
#include <zlib.h>

#include <algorithm>

#include "bundle_fixture.h"

namespace convnext {

struct Forgery {
  const char* rule;
  const char* name;
  void (*change)(Records& records, Files& files);
  bool only_a_warning = false;
};

inline void PrintTo(const Forgery& forgery, std::ostream* out) { *out << forgery.rule << " " << forgery.name; }

inline constexpr const char* kReference = "raw/accuracy_reference.npy";
inline constexpr const char* kTest = "raw/accuracy_test.npy";
inline constexpr const char* kTimed = "raw/performance.npy";
inline constexpr const char* kInferred = "raw/inference.npy";

inline Tensor<double> ReadMatrix(const Files& files, const std::string& path) {
  return ValueOrThrow(ParseNpy(BytesOf(files.at(path)))).tensor;
}

inline void WriteMatrix(Files& files, const std::string& path, const Tensor<double>& matrix) {
  const std::vector<float> narrow(matrix.data.begin(), matrix.data.end());
  files[path] = path == kReference ? NpyBytes(matrix.shape, std::span<const double>(matrix.data))
                                   : NpyBytes(matrix.shape, std::span<const float>(narrow));
}

using ChangeRow = std::function<void(std::span<double> row)>;

inline void ChangeRowOf(Files& files, const std::string& path, size_t n, const ChangeRow& change) {
  Tensor<double> matrix = ReadMatrix(files, path);
  const auto columns = static_cast<size_t>(matrix.shape[1]);
  change({matrix.data.data() + n * columns, columns});
  WriteMatrix(files, path, matrix);
}

// The rows of the timed runs' embeddings that are of input `n`.
inline std::vector<size_t> TimedRows(const Records& records, size_t n) {
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
inline void ChangeTestRow(const Records& records, Files& files, size_t n, const ChangeRow& change) {
  ChangeRowOf(files, kTest, n, change);
  for (const size_t row : TimedRows(records, n)) ChangeRowOf(files, kTimed, row, change);
  if (n == 0) ChangeRowOf(files, kInferred, 0, change);
}

// Gives input `to` the embeddings of input `from`, on both sides.
inline void CopyInput(const Records& records, Files& files, size_t from, size_t to) {
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

inline void CopyTestToReference(Files& files, size_t row) {
  const Tensor<double> test = ReadMatrix(files, kTest);
  const auto source = MatrixRow(test, row);
  ChangeRowOf(files, kReference, row,
              [source](std::span<double> r) { std::copy(source.begin(), source.end(), r.begin()); });
}

inline void Fill(std::span<double> row, double value) { std::fill(row.begin(), row.end(), value); }

template <class Change>
inline void ForEveryModel(Records& records, const Change& change) {
  for (const char* event : {"environment", "inference", "accuracy", "performance", "embedding"})
    change(records[event]["model"]);
}

// A table with one NPU of that name.
inline std::string NpuSmi(const std::string& name) {
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
inline void ClaimNpu(Records& records, const std::string& name) {
  for (const char* event : {"inference", "accuracy", "performance", "embedding"}) {
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
inline std::string X86System(Records& records) {
  const std::string kernel = records["environment"]["kernel"];
  return fmt::format("Linux-{}-x86_64-with-glibc{}", kernel.substr(0, kernel.find(' ')), gnu_get_libc_version());
}

inline void ClaimEverywhere(Records& records, const char* field, const Json& value) {
  for (const char* event : {"inference", "accuracy", "performance", "embedding"})
    records[event]["device"][field] = value;
}

inline void RecordFile(Records& records, const std::string& path, const std::string& sha256) {
  for (const char* event : {"inference", "accuracy", "performance"}) {
    for (Json& input : records[event]["inputs"]) {
      if (input["path"] == path) input["file_sha256"] = sha256;
    }
  }
  records["adapt"]["inputs"][path] = sha256;
}

// A chunk of a PNG file that holds a text.
inline std::string TextChunk(const std::string& text) {
  const std::string data = "tEXtComment" + std::string(1, '\0') + text;
  const auto big_endian = [](uLong number) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xff);
    return bytes;
  };
  const uLong checksum = crc32(0, reinterpret_cast<const Bytef*>(data.data()), static_cast<uInt>(data.size()));
  return big_endian(data.size() - 4) + data + big_endian(checksum);
}

// Every second run takes `factor` of what the shortest does; the others take that, so that no noise hides it.
inline void ScaleEverySecondRun(Json& batch, size_t first, double factor) {
  Json& times = batch["times_ns"];
  const auto shortest = std::min_element(times.begin(), times.end())->get<int64_t>();
  for (size_t i = 0; i < times.size(); ++i)
    times[i] = i % 2 == first % 2 ? static_cast<int64_t>(static_cast<double>(shortest) * factor) : shortest;
}

// The tables of forgeries, by what they forge.
std::vector<Forgery> ForgedProvenance();  // rules P
std::vector<Forgery> ForgedMachines();    // rules E
std::vector<Forgery> ForgedNumbers();     // rules R, S and N
std::vector<Forgery> ForgedEmbeddings();  // of what convnext embed left

}  // namespace convnext
