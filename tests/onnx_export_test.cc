// The exported graph, read back with protobuf's classes: structure, names, values, bytes; and what is refused.
// tests/onnx_runtime_test.cc computes with it.
#include <onnx/onnx_pb.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "convnext/onnx/onnx.h"
#include "test_util.h"

namespace convnext {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;

// Depths and dims differ from stage to stage; some tensors are large enough to lie outside, some are not.
ModelConfig SmallConfig() {
  ModelConfig config;
  config.depths = {1, 2, 1, 1};
  config.dims = {4, 6, 8, 20};
  config.num_classes = 3;
  config.layer_norm_eps = 1e-5;
  return config;
}

onnx::ModelProto ParseOnnx(const std::string& bytes) {
  onnx::ModelProto model;
  EXPECT_TRUE(model.ParseFromString(bytes));
  return model;
}

class OnnxExport : public testing::Test {
 protected:
  std::string Bytes(const ModelFile& model, const OnnxOptions& options) {
    const std::string path = directory_ / "m.onnx";
    const Status status = WriteOnnx(model, options, path);
    EXPECT_TRUE(status.ok()) << status.message();
    return ReadText(path);
  }
  onnx::ModelProto Export(const ModelConfig& config, const OnnxOptions& options) {
    return ParseOnnx(Bytes(MakeModel(config, 1).file, options));
  }

  const SyntheticModel small_ = MakeModel(SmallConfig(), 1);
  TemporaryDirectory directory_;
};

std::vector<std::string> NodeNames(const onnx::ModelProto& model) {
  std::vector<std::string> names;
  for (const auto& node : model.graph().node()) names.push_back(node.name());
  return names;
}

std::set<std::string> Operators(const onnx::ModelProto& model) {
  std::set<std::string> operators;
  for (const auto& node : model.graph().node()) operators.insert(node.op_type());
  return operators;
}

const onnx::NodeProto& Node(const onnx::ModelProto& model, const std::string& name) {
  for (const auto& node : model.graph().node()) {
    if (node.name() == name) return node;
  }
  throw std::runtime_error("no node " + name);
}

const onnx::AttributeProto& Attribute(const onnx::NodeProto& node, const std::string& name) {
  for (const auto& attribute : node.attribute()) {
    if (attribute.name() == name) return attribute;
  }
  throw std::runtime_error(node.name() + " has no " + name);
}

std::map<std::string, onnx::TensorProto> Initializers(const onnx::ModelProto& model) {
  std::map<std::string, onnx::TensorProto> tensors;
  for (const auto& tensor : model.graph().initializer()) {
    EXPECT_TRUE(tensors.emplace(tensor.name(), tensor).second) << tensor.name() << " twice";
  }
  return tensors;
}

std::string External(const onnx::TensorProto& tensor, const std::string& key) {
  for (const auto& entry : tensor.external_data()) {
    if (entry.key() == key) return entry.value();
  }
  return "";
}

// The values of a tensor, from the model or from the file beside it.
std::vector<float> Values(const onnx::TensorProto& tensor, const std::string& data) {
  const bool outside = tensor.data_location() == onnx::TensorProto::EXTERNAL;
  const std::string raw =
      outside ? data.substr(std::stoul(External(tensor, "offset")), std::stoul(External(tensor, "length")))
              : tensor.raw_data();
  std::vector<float> values(raw.size() / sizeof(float));
  std::memcpy(values.data(), raw.data(), values.size() * sizeof(float));
  return values;
}

std::vector<std::string> Dimensions(const onnx::ValueInfoProto& value) {
  std::vector<std::string> dimensions;
  for (const auto& dimension : value.type().tensor_type().shape().dim()) {
    dimensions.push_back(dimension.has_dim_param() ? dimension.dim_param() : std::to_string(dimension.dim_value()));
  }
  return dimensions;
}

TEST_F(OnnxExport, NamesOneOpsetAndNoOtherDomain) {
  for (const int opset : {17, 13}) {
    const onnx::ModelProto model = ParseOnnx(Bytes(small_.file, {.opset = opset}));
    EXPECT_EQ(model.ir_version(), 8);
    EXPECT_EQ(model.producer_name(), "convnext");
    ASSERT_EQ(model.opset_import_size(), 1);
    EXPECT_EQ(model.opset_import(0).domain(), "");
    EXPECT_EQ(model.opset_import(0).version(), opset);
    for (const auto& node : model.graph().node()) EXPECT_EQ(node.domain(), "") << node.name();
  }
}

TEST_F(OnnxExport, UsesOnlyOperatorsThatAscendHasInFloat32) {
  const std::set<std::string> common = {"Add",    "Conv", "Div",        "Erf",      "Gemm",
                                        "MatMul", "Mul",  "ReduceMean", "Transpose"};
  std::set<std::string> with_norm = common, decomposed = common;
  with_norm.insert("LayerNormalization");
  decomposed.insert({"Pow", "Sqrt", "Sub"});
  EXPECT_EQ(Operators(ParseOnnx(Bytes(small_.file, {.opset = 17}))), with_norm);
  EXPECT_EQ(Operators(ParseOnnx(Bytes(small_.file, {.opset = 13}))), decomposed);
}

TEST_F(OnnxExport, NamesReadLikeTimms) {
  const auto names = NodeNames(ParseOnnx(Bytes(small_.file, {})));
  EXPECT_THAT(names, IsSupersetOf({"stem.0", "stem.1", "stages.0.blocks.0.conv_dw", "stages.0.blocks.0.norm",
                                   "stages.0.blocks.0.mlp.fc1", "stages.0.blocks.0.mlp.act/Erf",
                                   "stages.0.blocks.0.mlp.fc2", "stages.0.blocks.0.gamma/Mul", "stages.0.blocks.0",
                                   "stages.1.downsample.0", "stages.1.downsample.1", "stages.1.blocks.1.conv_dw",
                                   "head.global_pool", "head.norm", "head.fc"}));
  EXPECT_EQ(names.back(), "head.fc");
  EXPECT_THAT(NodeNames(ParseOnnx(Bytes(small_.file, {.opset = 13}))),
              IsSupersetOf({"head.norm/ReduceMean", "head.norm/Sqrt", "head.norm"}));
}

// Static single assignment: every name is given once, before it is used, and every one given is used.
TEST_F(OnnxExport, NodesAreInOrderAndNamesAreUnique) {
  for (const int opset : {17, 13}) {
    const onnx::ModelProto model = ParseOnnx(Bytes(small_.file, {.opset = opset}));
    std::set<std::string> known = {kOnnxInput}, used = {kOnnxOutput}, nodes;
    for (const auto& [name, tensor] : Initializers(model)) known.insert(name);
    for (const auto& node : model.graph().node()) {
      EXPECT_TRUE(nodes.insert(node.name()).second) << node.name();
      for (const auto& input : node.input()) {
        EXPECT_TRUE(known.contains(input)) << node.name() << " reads " << input;
        used.insert(input);
      }
      for (const auto& output : node.output()) EXPECT_TRUE(known.insert(output).second) << output;
    }
    EXPECT_EQ(known, used);
  }
}

TEST_F(OnnxExport, LayersHaveTheirAttributes) {
  const onnx::ModelProto model = ParseOnnx(Bytes(small_.file, {}));
  const onnx::NodeProto& depthwise = Node(model, "stages.1.blocks.0.conv_dw");
  EXPECT_EQ(Attribute(depthwise, "group").i(), 6);
  EXPECT_THAT(Attribute(depthwise, "pads").ints(), ElementsAre(3, 3, 3, 3));
  EXPECT_THAT(Attribute(Node(model, "stem.0"), "strides").ints(), ElementsAre(4, 4));
  EXPECT_THAT(Attribute(Node(model, "stages.2.downsample.1"), "strides").ints(), ElementsAre(2, 2));
  EXPECT_FLOAT_EQ(Attribute(Node(model, "head.norm"), "epsilon").f(), 1e-5f);
  EXPECT_EQ(Attribute(Node(model, "head.norm"), "axis").i(), -1);
  EXPECT_THAT(Attribute(Node(model, "head.global_pool"), "axes").ints(), ElementsAre(2, 3));
  EXPECT_EQ(Attribute(Node(model, "head.global_pool"), "keepdims").i(), 0);

  const auto tensors = Initializers(ParseOnnx(Bytes(small_.file, {.opset = 13})));
  EXPECT_THAT(Values(tensors.at("layer_norm.eps"), ""), ElementsAre(1e-5f));
  EXPECT_THAT(Values(tensors.at("gelu.sqrt_2"), ""), ElementsAre(std::sqrt(2.0f)));
}

TEST_F(OnnxExport, DynamicDimensionsHaveNames) {
  const onnx::ModelProto fixed = ParseOnnx(Bytes(small_.file, {.batch = 4, .height = 64, .width = 96}));
  ASSERT_EQ(fixed.graph().input_size(), 1);
  ASSERT_EQ(fixed.graph().output_size(), 1);
  EXPECT_EQ(fixed.graph().input(0).name(), "images");
  EXPECT_EQ(fixed.graph().output(0).name(), "embeddings");
  EXPECT_THAT(Dimensions(fixed.graph().input(0)), ElementsAre("4", "3", "64", "96"));
  EXPECT_THAT(Dimensions(fixed.graph().output(0)), ElementsAre("4", "3"));
  const onnx::ModelProto open = ParseOnnx(Bytes(small_.file, {.batch = {}, .height = {}, .width = {}}));
  EXPECT_THAT(Dimensions(open.graph().input(0)), ElementsAre("batch", "3", "height", "width"));
  EXPECT_THAT(Dimensions(open.graph().output(0)), ElementsAre("batch", "3"));
}

// Every tensor of timm's once, with timm's values, as it lies there or transposed.
void ExpectTimmsTensors(const ModelFile& file, const onnx::ModelProto& model, const std::string& data) {
  const auto tensors = Initializers(model);
  size_t scalars = 0;
  for (const auto& [name, tensor] : tensors) {
    EXPECT_EQ(tensor.data_type(), onnx::TensorProto::FLOAT);
    if (tensor.dims().empty()) ++scalars;
  }
  const auto expected = ExpectedTensors(file.config);
  EXPECT_EQ(tensors.size(), expected.size() + scalars);
  for (const NamedShape& wanted : expected) {
    const bool transposed = tensors.contains(wanted.name + ".T");
    const onnx::TensorProto& tensor = tensors.at(transposed ? wanted.name + ".T" : wanted.name);
    const std::vector<float> values = Values(tensor, data);
    const AlignedVector<float> stored = ValueOrThrow(ReadTensor(file, wanted.name));
    ASSERT_EQ(values.size(), stored.size()) << wanted.name;
    const Shape shape(tensor.dims().begin(), tensor.dims().end());
    EXPECT_EQ(shape, transposed ? Shape({wanted.shape[1], wanted.shape[0]}) : wanted.shape) << wanted.name;
    const size_t columns = transposed ? static_cast<size_t>(wanted.shape[1]) : 1, rows = stored.size() / columns;
    size_t equal = 0;
    for (size_t i = 0; i < stored.size(); ++i) equal += values[i % columns * rows + i / columns] == stored[i] ? 1 : 0;
    EXPECT_EQ(equal, stored.size()) << wanted.name;
  }
}

TEST_F(OnnxExport, HoldsTimmsTensors) {
  for (const int opset : {17, 13}) {
    const onnx::ModelProto model = ParseOnnx(Bytes(small_.file, {.opset = opset}));
    ExpectTimmsTensors(small_.file, model, "");
    const auto tensors = Initializers(model);
    EXPECT_TRUE(tensors.contains("stages.0.blocks.0.conv_dw.weight"));
    EXPECT_TRUE(tensors.contains("stages.0.blocks.0.mlp.fc1.weight.T"));
    EXPECT_TRUE(tensors.contains("head.fc.weight"));
  }
}

TEST_F(OnnxExport, PutsLargeTensorsIntoTheFileBeside) {
  const onnx::ModelProto model = ParseOnnx(Bytes(small_.file, {.external_data = true}));
  EXPECT_THAT(directory_.Names(), ElementsAre("m.onnx", "m.onnx.data"));
  const std::string data = ReadText(directory_ / "m.onnx.data");
  ExpectTimmsTensors(small_.file, model, data);
  size_t end = 0;
  for (const auto& tensor : model.graph().initializer()) {
    if (tensor.data_location() != onnx::TensorProto::EXTERNAL) {
      EXPECT_LT(tensor.raw_data().size(), 1024U) << tensor.name();
      continue;
    }
    EXPECT_FALSE(tensor.has_raw_data());
    EXPECT_GE(std::stoul(External(tensor, "length")), 1024U) << tensor.name();
    EXPECT_EQ(External(tensor, "location"), "m.onnx.data");
    const size_t offset = std::stoul(External(tensor, "offset"));
    EXPECT_EQ(offset % 4096, 0U) << tensor.name();
    EXPECT_GE(offset, end) << tensor.name();
    EXPECT_LT(offset - end, 4096U) << tensor.name();
    end = offset + std::stoul(External(tensor, "length"));
  }
  EXPECT_GT(end, 0U);
  EXPECT_EQ(data.size(), end);
}

TEST_F(OnnxExport, IsByteForByteWhatProtobufWrites) {
  for (const bool external : {false, true}) {
    const std::string bytes = Bytes(small_.file, {.batch = {}, .external_data = external});
    EXPECT_TRUE(ParseOnnx(bytes).SerializeAsString() == bytes);
  }
}

TEST_F(OnnxExport, GivesTheSameBytesAgain) {
  const OnnxOptions options{.external_data = true};
  const std::string first = Bytes(small_.file, options), data = ReadText(directory_ / "m.onnx.data");
  const SyntheticModel again = MakeModel(SmallConfig(), 1), other = MakeModel(SmallConfig(), 2);
  EXPECT_TRUE(Bytes(again.file, options) == first);
  EXPECT_TRUE(ReadText(directory_ / "m.onnx.data") == data);
  Bytes(other.file, options);
  EXPECT_FALSE(ReadText(directory_ / "m.onnx.data") == data);
}

TEST_F(OnnxExport, HeadsOfAllKinds) {
  ModelConfig config = SmallConfig();
  config.head_hidden_size = 7;
  onnx::ModelProto model = Export(config, {});
  EXPECT_THAT(NodeNames(model), IsSupersetOf({"head.pre_logits.fc", "head.pre_logits.act/Erf", "head.fc"}));

  config.num_classes = 0;
  model = Export(config, {});
  EXPECT_THAT(NodeNames(model), Not(Contains("head.fc")));
  EXPECT_EQ(Node(model, "head.pre_logits.act").output(0), "embeddings");
  EXPECT_THAT(Dimensions(model.graph().output(0)), ElementsAre("1", "7"));

  config.head_hidden_size = 0;
  for (const int opset : {17, 13}) {
    model = Export(config, {.opset = opset});
    EXPECT_EQ(Node(model, "head.norm").output(0), "embeddings");
    EXPECT_THAT(Dimensions(model.graph().output(0)), ElementsAre("1", "20"));
  }
}

TEST_F(OnnxExport, RefusesWhatItCannotExpress) {
  const std::string path = directory_ / "m.onnx";
  const auto refusal = [&](const OnnxOptions& options) { return Refusal(WriteOnnx(small_.file, options, path)); };
  EXPECT_THAT(refusal({.opset = 18}), HasSubstr("opset 18: expected 17 (with LayerNormalization) or 13"));
  EXPECT_THAT(refusal({.batch = 0}), HasSubstr("batch 0: expected 1 to 4096"));
  EXPECT_THAT(refusal({.batch = 4097}), HasSubstr("batch 4097"));
  EXPECT_THAT(refusal({.height = 31}), HasSubstr("height 31: expected 32 to 8192"));
  EXPECT_THAT(refusal({.width = 8193}), HasSubstr("width 8193"));
  EXPECT_THAT(directory_.Names(), IsEmpty());
}

// A model whose `tensor` begins with what is no number.
SyntheticModel BrokenModel(const std::string& tensor) {
  SyntheticModel model = MakeModel(SmallConfig(), 1);
  const auto offset = model.file.tensors.at(tensor)->bytes.data() - model.bytes.data();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(model.bytes.data() + offset, &nan, sizeof nan);
  return model;
}

// The first tensor lies in the model's file, the second in the one beside it.
TEST_F(OnnxExport, WritesBothFilesOrNone) {
  for (const std::string tensor : {"head.fc.bias", "stages.3.blocks.0.mlp.fc2.weight"}) {
    const SyntheticModel broken = BrokenModel(tensor);
    for (const bool external : {false, true}) {
      const OnnxOptions options{.external_data = external};
      EXPECT_THAT(Refusal(WriteOnnx(broken.file, options, directory_ / "new.onnx")), HasSubstr(tensor));
      EXPECT_THAT(directory_.Names(), Not(Contains(HasSubstr("new"))));
      const std::string before = Bytes(small_.file, options), data = ReadText(directory_ / "m.onnx.data");
      EXPECT_FALSE(WriteOnnx(broken.file, options, directory_ / "m.onnx").ok());
      EXPECT_TRUE(ReadText(directory_ / "m.onnx") == before);
      EXPECT_TRUE(ReadText(directory_ / "m.onnx.data") == data);
    }
  }
}

// 2.3 GB of zeros that take no room on the disk.
ModelFile HugeModel(const std::string& path) {
  ModelConfig config = SmallConfig();
  config.depths = {1, 1, 1, 2};
  config.dims = {4, 6, 8, 6000};
  nlohmann::ordered_json header;
  size_t end = 0;
  for (const NamedShape& tensor : ExpectedTensors(config)) {
    const size_t begin = end;
    end += ElementCount(tensor.shape).value() * sizeof(float);
    header[tensor.name] = {{"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
  }
  const std::string text = header.dump();
  const uint64_t length = text.size();
  WriteText(path, std::string(reinterpret_cast<const char*>(&length), sizeof length) + text);
  std::filesystem::resize_file(path, sizeof length + text.size() + end - sizeof(float));
  std::ofstream(path, std::ios::app | std::ios::binary) << std::string("\0\0\x80\x3f", sizeof(float));  // no zeros last
  return ValueOrThrow(BindModel(ValueOrThrow(Safetensors::Open(path)), &config, path));
}

TEST_F(OnnxExport, RefusesMoreThanProtobufReads) {
  const ModelFile model = HugeModel(directory_ / "huge.safetensors");
  EXPECT_THAT(Refusal(WriteOnnx(model, {}, directory_ / "m.onnx")),
              AllOf(HasSubstr("protobuf allows 2147483647 in one file"), HasSubstr("use --external_data")));
  EXPECT_THAT(directory_.Names(), ElementsAre("huge.safetensors"));
}

class ExportCommand : public ShellTest {
 protected:
  ExportCommand() {
    const Outcome synth = Shell("convnext synth --config $GOLDEN/models/tiny_patch/config.json --seed 1 --output tiny");
    EXPECT_EQ(synth.exit_code, 0) << synth.err;
  }
  std::vector<std::string> InputDimensions(const std::string& path) const {
    return Dimensions(ParseOnnx(ReadText(Path(path))).graph().input(0));
  }
};

TEST_F(ExportCommand, WritesAFileForEachBatch) {
  const Outcome outcome = Shell("convnext export --model_path tiny --batch 1,4 --image_size 64x96 --output m.onnx");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out,
              HasSubstr("wrote m.b1.onnx: opset 17, images [1, 3, 64, 96] -> embeddings [1, 20], 0.5 MB\n"));
  EXPECT_THAT(InputDimensions("m.b1.onnx"), ElementsAre("1", "3", "64", "96"));
  EXPECT_THAT(InputDimensions("m.b4.onnx"), ElementsAre("4", "3", "64", "96"));
  EXPECT_FALSE(Exists("m.onnx"));
}

TEST_F(ExportCommand, TakesTheModelsSizeAndAnyBatch) {
  EXPECT_EQ(Shell("convnext export --model_path tiny --opset 13 --external-data --output o/m.onnx").exit_code, 0);
  EXPECT_THAT(InputDimensions("o/m.onnx"), ElementsAre("batch", "3", "256", "256"));
  EXPECT_TRUE(Exists("o/m.onnx.data"));
  EXPECT_EQ(Shell("convnext export --model_path tiny --image_size dynamic --batch 2 --output n.onnx").exit_code, 0);
  EXPECT_THAT(InputDimensions("n.onnx"), ElementsAre("2", "3", "height", "width"));
}

TEST_F(ExportCommand, WrongUseIsExitTwoAndWritesNothing) {
  for (const std::string arguments :
       {"--output m.bin", "--output m.onnx --batch many", "--output m.onnx --batch 1,", "--output m.onnx --batch 4,0",
        "--output m.onnx --batch 99999999999999999999", "--output m.onnx --image_size 64x64x64",
        "--output m.onnx --image_size 31", "--output m.onnx --opset 20", "--output tiny/config.json/m.onnx"}) {
    const Outcome outcome = Shell("convnext export --model_path tiny " + arguments);
    EXPECT_EQ(outcome.exit_code, 2) << arguments;
    EXPECT_THAT(outcome.err, HasSubstr("convnext: error: ")) << arguments;
    EXPECT_EQ(outcome.out, "") << arguments;
  }
  for (const char* path : {"m.bin", "m.onnx", "m.b4.onnx", "m.b1.onnx"}) EXPECT_FALSE(Exists(path)) << path;
}

}  // namespace
}  // namespace convnext
