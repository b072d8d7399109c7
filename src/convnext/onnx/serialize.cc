// ModelProto (onnx.proto) in protobuf's wire format (protobuf.dev/programming-guides/encoding), without ever holding
// it: protobuf serialises everything but the tensors' values, which are put in between as they are read. So a model
// takes the memory of its largest tensor, not two or three times its own size.
#include "convnext/onnx/serialize.h"

#include <algorithm>

namespace convnext {
namespace {

// ONNX: offsets "SHOULD be multiples 4096 (page size) to enable mmap support" (docs/ExternalData.md).
constexpr uint64_t kDataAlignment = 4096;
// Smaller tensors stay in the model, as the onnx package has it: shape inference may read them.
constexpr uint64_t kMinExternalBytes = 1024;

constexpr int64_t kIrVersion = 8;  // of ONNX 1.12, which brought opset 17

uint64_t ValueBytes(const Initializer& tensor) { return ElementCount(tensor.shape).value_or(0) * sizeof(float); }

void AppendVarint(std::string& bytes, uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>(value | 0x80));
  bytes.push_back(static_cast<char>(value));
}

// The beginning of a field of `length` bytes.
std::string FieldStart(int number, uint64_t length) {
  constexpr uint64_t kLengthDelimited = 2;
  std::string bytes;
  AppendVarint(bytes, static_cast<uint64_t>(number) << 3 | kLengthDelimited);
  AppendVarint(bytes, length);
  return bytes;
}

void Append(FilePlan& plan, FilePart part) {
  plan.size += part.bytes.size() + (part.tensor == nullptr ? 0 : ValueBytes(*part.tensor));
  plan.parts.push_back(std::move(part));
}

void AddEntry(onnx::TensorProto& proto, const char* key, std::string value) {
  onnx::StringStringEntryProto& entry = *proto.add_external_data();
  entry.set_key(key);
  entry.set_value(std::move(value));
}

// Puts `tensor` behind what `data` holds and says in `proto` where that is.
void StoreExternally(const Initializer& tensor, FilePlan& data, const std::string& data_name,
                     onnx::TensorProto& proto) {
  const uint64_t offset = RoundUp(data.size, kDataAlignment);
  proto.set_data_location(onnx::TensorProto::EXTERNAL);
  AddEntry(proto, "location", data_name);
  AddEntry(proto, "offset", fmt::format("{}", offset));
  AddEntry(proto, "length", fmt::format("{}", ValueBytes(tensor)));
  Append(data, {std::string(offset - data.size, '\0'), &tensor});
}

// The TensorProto of `tensor`, without its values if they come after it.
FilePart PlanTensor(const Initializer& tensor, FilePlan* data, const std::string& data_name) {
  onnx::TensorProto proto;
  for (const int64_t size : tensor.shape) proto.add_dims(size);
  proto.set_data_type(onnx::TensorProto::FLOAT);
  proto.set_name(tensor.name);
  if (data != nullptr && ValueBytes(tensor) >= kMinExternalBytes) {
    StoreExternally(tensor, *data, data_name, proto);
    return {proto.SerializeAsString()};
  }
  const uint64_t bytes = ValueBytes(tensor);
  return {proto.SerializeAsString() + FieldStart(onnx::TensorProto::kRawDataFieldNumber, bytes), &tensor};
}

// Fields are written in the order of their numbers: what comes before the one that is put in, and what comes after it.
struct SurroundingBytes {
  std::string before, after;
};

SurroundingBytes BytesAroundGraph(int opset) {
  onnx::ModelProto before, after;
  before.set_ir_version(kIrVersion);
  before.set_producer_name("convnext");
  onnx::OperatorSetIdProto& import = *after.add_opset_import();
  import.set_domain("");
  import.set_version(opset);
  return {before.SerializeAsString(), after.SerializeAsString()};
}

SurroundingBytes BytesAroundInitializers(onnx::GraphProto graph) {
  onnx::GraphProto after;
  after.mutable_input()->Swap(graph.mutable_input());
  after.mutable_output()->Swap(graph.mutable_output());
  return {graph.SerializeAsString(), after.SerializeAsString()};
}

void TransposeMatrix(std::span<const float> stored, int64_t rows, int64_t columns, std::span<float> transposed) {
  constexpr int64_t kTile = 32;  // both tiles stay in the cache
  for (int64_t r0 = 0; r0 < rows; r0 += kTile) {
    for (int64_t c0 = 0; c0 < columns; c0 += kTile) {
      for (int64_t r = r0; r < std::min(r0 + kTile, rows); ++r) {
        for (int64_t c = c0; c < std::min(c0 + kTile, columns); ++c) {
          transposed[static_cast<size_t>(c * rows + r)] = stored[static_cast<size_t>(r * columns + c)];
        }
      }
    }
  }
}

Result<AlignedVector<float>> TensorValues(const ModelFile& model, const Initializer& tensor) {
  if (tensor.source.empty()) return AlignedVector<float>(tensor.values.begin(), tensor.values.end());
  auto stored = ReadTensor(model, tensor.source);
  if (!stored.ok()) return stored;
  if (stored->size() != ElementCount(tensor.shape)) return Internal("{}: not of its own shape", tensor.name);
  if (!tensor.transposed) return stored;
  AlignedVector<float> transposed(stored->size());
  TransposeMatrix(*stored, tensor.shape[1], tensor.shape[0], transposed);
  return transposed;
}

}  // namespace

FilePlan PlanModel(const OnnxGraph& graph, int opset, FilePlan* data, const std::string& data_name) {
  const SurroundingBytes model = BytesAroundGraph(opset), inner = BytesAroundInitializers(graph.proto);
  FilePlan tensors;
  for (const Initializer& tensor : graph.initializers) {
    FilePart part = PlanTensor(tensor, data, data_name);
    const uint64_t size = part.bytes.size() + (part.tensor == nullptr ? 0 : ValueBytes(tensor));
    part.bytes.insert(0, FieldStart(onnx::GraphProto::kInitializerFieldNumber, size));
    Append(tensors, std::move(part));
  }
  FilePlan plan;
  const uint64_t graph_size = inner.before.size() + tensors.size + inner.after.size();
  Append(plan, {model.before + FieldStart(onnx::ModelProto::kGraphFieldNumber, graph_size) + inner.before});
  for (FilePart& part : tensors.parts) Append(plan, std::move(part));
  Append(plan, {inner.after + model.after});
  return plan;
}

Status WritePlan(const ModelFile& model, const FilePlan& plan, const WriteBytes& write) {
  for (const FilePart& part : plan.parts) {
    CONVNEXT_RETURN_IF_ERROR(write(std::as_bytes(std::span(part.bytes))));
    if (part.tensor == nullptr) continue;
    CONVNEXT_ASSIGN_OR_RETURN(const auto values, TensorValues(model, *part.tensor));
    CONVNEXT_RETURN_IF_ERROR(write(std::as_bytes(std::span(values))));
  }
  return {};
}

}  // namespace convnext
