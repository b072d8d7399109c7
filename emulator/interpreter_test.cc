// The emulator's interpreter: each operator against values worked out here in double, and what may be wrong in a model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "model.h"
#include "onnx_builder.h"
#include "onnx_reader.h"

namespace ascend_emulator {
namespace {

using testing::ElementsAre;
using testing::FloatEq;
using testing::HasSubstr;
using testing::Pointwise;
using testing::StartsWith;
using Values = std::vector<float>;

CompiledModel CompileGraph(const OnnxBuilder& builder) {
  CompiledModel model;
  model.name = "test";
  model.soc_version = "Ascend910B4-emulator";
  model.precision_mode = "origin";
  model.hf32_convolution = model.hf32_depthwise = false;
  model.onnx = builder.Bytes();
  return model;
}

// The output "y" of a model for its inputs; the error as the only "value" NaN fails the test.
Values RunModel(CompiledModel model, const std::vector<Values>& inputs) {
  std::string error = Compile(model, {});
  EXPECT_EQ(error, "");
  const auto program = error.empty() ? Program::Make(model, error) : nullptr;
  EXPECT_EQ(error, "");
  if (program == nullptr) return {};
  std::vector<std::string> bytes, outputs;
  for (const Values& input : inputs) bytes.push_back(BytesOfFloats(input));
  EXPECT_EQ(program->Run(1, {bytes.begin(), bytes.end()}, outputs), "");
  return outputs.size() == 1 ? FloatsOf(outputs[0]) : Values{};
}
Values RunModel(const OnnxBuilder& builder, const std::vector<Values>& inputs) {
  return RunModel(CompileGraph(builder), inputs);
}

std::string CompileError(const OnnxBuilder& builder) {
  CompiledModel model = CompileGraph(builder);
  return Compile(model, {});
}

Values Random(size_t count, uint32_t seed) {
  std::mt19937 engine(seed);
  Values values(count);
  for (float& value : values) value = static_cast<float>(engine() % 2001) / 1000.0f - 1;
  return values;
}

TEST(Elementwise, BroadcastsAsNumpy) {
  OnnxBuilder builder;
  builder.Input("a", {2, 1, 3}).Input("b", {2, 1}).Output("y", {2, 2, 3}).Node("Sub", {"a", "b"}, "y");
  EXPECT_THAT(RunModel(builder, {{1, 2, 3, 4, 5, 6}, {10, 20}}),
              ElementsAre(-9, -8, -7, -19, -18, -17, -6, -5, -4, -16, -15, -14));
  OnnxBuilder scalar;
  scalar.Input("a", {2, 2}).Output("y", {2, 2}).Floats("half", {}, {0.5f}).Node("Mul", {"half", "a"}, "y");
  EXPECT_THAT(RunModel(scalar, {{1, 2, 3, 4}}), ElementsAre(0.5, 1, 1.5, 2));
  OnnxBuilder channels;
  channels.Input("a", {1, 2, 1, 2}).Output("y", {1, 2, 1, 2}).Floats("c", {2, 1, 1}, {1, 10}, false);
  channels.Node("Add", {"a", "c"}, "y");
  EXPECT_THAT(RunModel(channels, {{1, 2, 3, 4}}), ElementsAre(2, 3, 13, 14));
}

TEST(Elementwise, Functions) {
  const Values x = {-2, -0.5f, 0.25f, 3};
  const auto run = [&x](const std::string& type, bool with_constant) {
    OnnxBuilder builder;
    builder.Input("x", {4}).Output("y", {4}).Floats("c", {1}, {3});
    builder.Node(type, with_constant ? std::vector<std::string>{"x", "c"} : std::vector<std::string>{"x"}, "y");
    return RunModel(builder, {x});
  };
  const auto expected = [&x](auto f) {
    Values values;
    for (const float v : x) values.push_back(static_cast<float>(f(double{v})));
    return values;
  };
  EXPECT_THAT(run("Erf", false), Pointwise(FloatEq(), expected([](double v) { return std::erf(v); })));
  EXPECT_THAT(run("Tanh", false), Pointwise(FloatEq(), expected([](double v) { return std::tanh(v); })));
  EXPECT_THAT(run("Relu", false), ElementsAre(0, 0, 0.25f, 3));
  EXPECT_THAT(run("Pow", true), Pointwise(FloatEq(), expected([](double v) { return v * v * v; })));
  EXPECT_THAT(run("Div", true), Pointwise(FloatEq(), expected([](double v) { return v / 3; })));
  EXPECT_THAT(run("Identity", false), ElementsAre(-2, -0.5f, 0.25f, 3));
  OnnxBuilder root;
  root.Input("x", {2}).Output("y", {2}).Floats("two", {}, {2}).Node("Pow", {"x", "two"}, "p").Node("Sqrt", {"p"}, "y");
  EXPECT_THAT(RunModel(root, {{-3, 4}}), ElementsAre(3, 4));
}

TEST(Products, MatMulAndGemm) {
  OnnxBuilder rows;
  rows.Input("a", {2, 1, 2}).Output("y", {2, 1, 3}).Floats("b", {2, 3}, {1, 2, 3, 4, 5, 6});
  rows.Node("MatMul", {"a", "b"}, "y");
  EXPECT_THAT(RunModel(rows, {{1, 10, -1, 0}}), ElementsAre(41, 52, 63, -1, -2, -3));
  OnnxBuilder batches;  // b of each batch
  batches.Input("a", {1, 1, 2}).Input("b", {2, 2, 1}).Output("y", {2, 1, 1}).Node("MatMul", {"a", "b"}, "y");
  EXPECT_THAT(RunModel(batches, {{1, 10}, {1, 2, 3, 4}}), ElementsAre(21, 43));
  OnnxBuilder gemm;
  gemm.Input("a", {2, 1}).Output("y", {1, 2}).Floats("b", {2, 2}, {1, 2, 3, 4}).Floats("c", {2}, {100, 200});
  gemm.Node("Gemm", {"a", "b", "c"}, "y").Int("transA", 1).Int("transB", 1).Float("alpha", 2).Float("beta", 0.5f);
  EXPECT_THAT(RunModel(gemm, {{1, 10}}), ElementsAre(2 * 21 + 50, 2 * 43 + 100));
  OnnxBuilder plain;
  plain.Input("a", {1, 2}).Output("y", {1, 2}).Floats("b", {2, 2}, {1, 2, 3, 4}).Node("Gemm", {"a", "b"}, "y");
  EXPECT_THAT(RunModel(plain, {{1, 10}}), ElementsAre(31, 42));
}

struct Convolution {
  int64_t N, C, H, W, O, group, size, stride, dilation;
  std::vector<int64_t> pads;  // top, left, bottom, right
};

// The definition: seven loops.
std::vector<double> Convolve(const Convolution& c, const Values& x, const Values& w, const Values& bias) {
  const int64_t reach = c.dilation * (c.size - 1) + 1, per_group = c.C / c.group;
  const int64_t OH = (c.H + c.pads[0] + c.pads[2] - reach) / c.stride + 1;
  const int64_t OW = (c.W + c.pads[1] + c.pads[3] - reach) / c.stride + 1;
  std::vector<double> out;
  const auto term = [&](int64_t n, int64_t o, int64_t ci, int64_t h, int64_t wi, int64_t k) {
    if (h < 0 || h >= c.H || wi < 0 || wi >= c.W) return 0.0;
    const int64_t channel = o / (c.O / c.group) * per_group + ci;
    return double{x[static_cast<size_t>(((n * c.C + channel) * c.H + h) * c.W + wi)]} *
           w[static_cast<size_t>((o * per_group + ci) * c.size * c.size + k)];
  };
  for (int64_t i = 0; i < c.N * c.O * OH * OW; ++i) {
    const int64_t ow = i % OW, oh = i / OW % OH, o = i / OW / OH % c.O, n = i / OW / OH / c.O;
    double sum = bias[static_cast<size_t>(o)];
    for (int64_t j = 0; j < per_group * c.size * c.size; ++j) {
      const int64_t k = j % (c.size * c.size), ci = j / (c.size * c.size);
      sum += term(n, o, ci, oh * c.stride + k / c.size * c.dilation - c.pads[0],
                  ow * c.stride + k % c.size * c.dilation - c.pads[1], k);
    }
    out.push_back(sum);
  }
  return out;
}

TEST(Products, Convolutions) {
  const Convolution cases[] = {{2, 3, 8, 12, 5, 1, 4, 4, 1, {0, 0, 0, 0}},  // a stem
                               {1, 4, 6, 7, 6, 1, 2, 2, 1, {0, 0, 0, 0}},   // a last column that fills no window
                               {2, 5, 9, 4, 5, 5, 7, 1, 1, {3, 3, 3, 3}},   // depthwise, narrower than its window
                               {1, 6, 5, 5, 4, 2, 3, 2, 2, {1, 2, 3, 0}},   // groups, dilated, unequal pads
                               {1, 2, 3, 9, 4, 2, 3, 3, 1, {0, 4, 2, 5}}};  // two filters for each channel
  for (const Convolution& c : cases) {
    const Values x = Random(static_cast<size_t>(c.N * c.C * c.H * c.W), 1), bias = Random(static_cast<size_t>(c.O), 3);
    const Values w = Random(static_cast<size_t>(c.O * c.C / c.group * c.size * c.size), 2);
    OnnxBuilder builder;
    builder.Input("x", {c.N, c.C, c.H, c.W}).Output("y", {-1, -1, -1, -1});
    builder.Floats("w", {c.O, c.C / c.group, c.size, c.size}, w).Floats("b", {c.O}, bias);
    builder.Node("Conv", {"x", "w", "b"}, "y").Ints("strides", {c.stride, c.stride}).Ints("pads", c.pads);
    builder.Ints("dilations", {c.dilation, c.dilation}).Int("group", c.group).Ints("kernel_shape", {c.size, c.size});
    const Values y = RunModel(builder, {x});
    const std::vector<double> expected = Convolve(c, x, w, bias);
    ASSERT_EQ(y.size(), expected.size());
    for (size_t i = 0; i < y.size(); ++i) ASSERT_NEAR(double{y[i]}, expected[i], 1e-5) << i;
  }
}

TEST(Reductions, LayerNormalization) {
  OnnxBuilder builder;
  builder.Input("x", {2, 2}).Output("y", {2, 2}).Floats("scale", {2}, {1, 10}).Floats("bias", {2}, {0.5f, 0});
  builder.Node("LayerNormalization", {"x", "scale", "bias"}, "y").Int("axis", -1).Float("epsilon", 3);
  // Row 1: mean 2, variance 1: -1 / 2 and 1 / 2. Row 2: no variance.
  EXPECT_THAT(RunModel(builder, {{1, 3, 7, 7}}), ElementsAre(0, 5, 0.5f, 0));
}

TEST(Reductions, ReduceMean) {
  const Values x = {1, 2, 3, 4, 5, 6, 7, 8};
  const auto run = [&x](const std::vector<int64_t>& axes, int64_t keep) {
    OnnxBuilder builder;
    builder.Input("x", {2, 2, 2}).Output("y", {-1}).Node("ReduceMean", {"x"}, "y").Ints("axes", axes);
    builder.Int("keepdims", keep);
    CompiledModel model = CompileGraph(builder);
    EXPECT_EQ(Compile(model, {}), "");
    return std::pair(model.outputs[0].dims, RunModel(model, {x}));
  };
  EXPECT_EQ(run({1, 2}, 0), std::pair(std::vector<int64_t>{2}, Values{2.5f, 6.5f}));
  EXPECT_EQ(run({-1}, 1), std::pair((std::vector<int64_t>{2, 2, 1}), Values{1.5f, 3.5f, 5.5f, 7.5f}));
  EXPECT_EQ(run({0, 2}, 0), std::pair(std::vector<int64_t>{2}, Values{3.5f, 5.5f}));
  OnnxBuilder eighteen(18);  // axes as an input
  eighteen.Input("x", {2, 2, 2}).Output("y", {2, 2}).Integers("axes", {0}).Node("ReduceMean", {"x", "axes"}, "y");
  EXPECT_THAT(RunModel(eighteen, {x}), ElementsAre(3, 4, 5, 6));
}

TEST(Shapes, MoveElements) {
  const Values x = {1, 2, 3, 4, 5, 6};
  OnnxBuilder transpose;
  transpose.Input("x", {1, 2, 3}).Output("y", {3, 1, 2}).Node("Transpose", {"x"}, "y").Ints("perm", {2, 0, 1});
  EXPECT_THAT(RunModel(transpose, {x}), ElementsAre(1, 4, 2, 5, 3, 6));
  OnnxBuilder reversed;
  reversed.Input("x", {2, 3}).Output("y", {3, 2}).Node("Transpose", {"x"}, "y");
  EXPECT_THAT(RunModel(reversed, {x}), ElementsAre(1, 4, 2, 5, 3, 6));

  OnnxBuilder chain(13);
  chain.Input("x", {1, 2, 3}).Output("y", {-1}).Integers("shape", {0, -1, 1, 3}).Integers("last", {-1});
  chain.Node("Reshape", {"x", "shape"}, "r").Node("Unsqueeze", {"r", "last"}, "u").Node("Squeeze", {"u", "last"}, "s");
  chain.Node("Flatten", {"s"}, "f").Int("axis", 2).Node("Cast", {"f"}, "y").Int("to", 1);
  CompiledModel model = CompileGraph(chain);
  EXPECT_EQ(Compile(model, {}), "");
  EXPECT_THAT(model.outputs[0].dims, ElementsAre(2, 3));
  EXPECT_EQ(RunModel(model, {x}), x);
}

TEST(Shapes, Constants) {
  OnnxBuilder builder;
  builder.Input("x", {2}).Output("y", {2}).Node("Constant", {}, "c").Float("value_float", 4);
  builder.Node("Constant", {}, "d");
  onnx::AttributeProto& value = *builder.graph().mutable_node()->rbegin()->add_attribute();
  value.set_name("value");
  value.set_type(onnx::AttributeProto::TENSOR);
  value.mutable_t()->set_data_type(onnx::TensorProto::FLOAT);
  value.mutable_t()->add_dims(2);
  value.mutable_t()->add_float_data(10);
  value.mutable_t()->add_float_data(20);
  builder.Node("Mul", {"x", "c"}, "m").Node("Add", {"m", "d"}, "y");
  EXPECT_THAT(RunModel(builder, {{1, 2}}), ElementsAre(14, 28));
}

TEST(Models, ThatDoNotCompile) {
  const auto unary = [](int64_t opset, const std::string& type) {
    OnnxBuilder builder(opset);
    builder.Input("x", {2, 2}).Output("y", {2, 2}).Node(type, {"x"}, "y");
    return builder;
  };
  EXPECT_EQ(CompileError(unary(18, "Erf")), "");
  EXPECT_EQ(CompileError(unary(19, "Erf")),
            "E13010: No operator plugin is registered for Op: y_node, optype: ai.onnx::19::Erf");
  EXPECT_THAT(CompileError(unary(7, "Sqrt")), StartsWith("E13010"));
  EXPECT_THAT(CompileError(unary(17, "Gelu")), StartsWith("E13010"));
  EXPECT_THAT(CompileError(unary(16, "LayerNormalization")), StartsWith("E13010"));
  EXPECT_THAT(CompileError(unary(17, "LayerNormalization")), StartsWith("E14001"));  // no scale
  OnnxBuilder foreign = unary(17, "FusedGelu");
  foreign.graph().mutable_node(0)->set_domain("com.microsoft");
  EXPECT_THAT(CompileError(foreign), HasSubstr("optype: com.microsoft::17::FusedGelu"));
  OnnxBuilder two = unary(17, "Erf");
  two.model().add_opset_import()->set_domain("com.microsoft");
  EXPECT_EQ(CompileError(two), "");
  two.model().add_opset_import()->set_domain("ai.onnx");
  EXPECT_THAT(CompileError(two), StartsWith("E16005"));
  OnnxBuilder attribute = unary(17, "Transpose");
  attribute.Int("perm", 1);
  EXPECT_THAT(CompileError(attribute), HasSubstr("attribute \"perm\" has type 2, expected 7"));
  EXPECT_THAT(CompileError(unary(17, "Flatten").Int("depth", 1)), HasSubstr("attribute \"depth\" is not known"));
  OnnxBuilder no_input;
  no_input.Output("y", {1}).Floats("c", {1}, {1}).Node("Erf", {"c"}, "y");
  EXPECT_THAT(CompileError(no_input), StartsWith("E16001"));
  OnnxBuilder unknown;
  unknown.Input("x", {1}).Output("y", {1}).Node("Erf", {"z"}, "y");
  EXPECT_THAT(CompileError(unknown), StartsWith("E14001"));
  OnnxBuilder product;
  product.Input("x", {2, 3}).Output("y", {1}).Floats("b", {2, 3}, Values(6)).Node("MatMul", {"x", "b"}, "y");
  EXPECT_THAT(CompileError(product), HasSubstr("[2,3] and [2,3] cannot be multiplied"));
  OnnxBuilder weights;
  weights.Input("x", {2}).Output("y", {2}).Floats("b", {2}, {1, 2, 3}).Node("Add", {"x", "b"}, "y");
  EXPECT_THAT(CompileError(weights), AllOf(StartsWith("E13005"), HasSubstr("the 2 elements")));
}

// Cut anywhere or with a bit turned, a model is refused or is another one; nothing is read outside it (ASan).
TEST(Models, Damaged) {
  OnnxBuilder builder;
  builder.Input("x", {1, 1, 3, 3}).Output("y", {1}).Floats("w", {1, 1, 2, 2}, {1, 2, 3, 4}).Integers("shape", {2, -1});
  builder.Node("Conv", {"x", "w"}, "c").Ints("strides", {1, 1}).Node("Reshape", {"c", "shape"}, "y");
  const CompiledModel good = CompileGraph(builder);
  EXPECT_THAT(RunModel(good, {Random(9, 1)}), testing::SizeIs(4));
  const auto run = [](CompiledModel model) {
    if (std::string error = Compile(model, {}); !error.empty()) return error;
    std::string error;
    const auto program = Program::Make(model, error);
    std::vector<std::string> outputs;
    const std::vector<std::string_view> inputs = {std::string_view("\0\0\0\0\0\0\0\0", 8)};
    return program == nullptr ? error : program->Run(1, inputs, outputs);
  };
  size_t refused = 0;
  for (size_t size = 0; size < good.onnx.size(); ++size) {
    CompiledModel cut = good;
    cut.onnx.resize(size);
    refused += run(cut).empty() ? 0 : 1;
  }
  EXPECT_EQ(refused, good.onnx.size());  // at least the input is too short
  for (size_t bit = 0; bit < good.onnx.size() * 8; ++bit) {
    CompiledModel turned = good;
    turned.onnx[bit / 8] = static_cast<char>(turned.onnx[bit / 8] ^ (1 << bit % 8));
    run(turned);
  }
}

TEST(Precision, OfEachMode) {
  OnnxBuilder builder;
  builder.Input("x", {1, 2}).Output("y", {1, 2}).Floats("b", {2, 2}, {1.0001f, 0, 0, 1});
  builder.Floats("c", {2}, {0.0001f, 0}).Node("MatMul", {"x", "b"}, "m").Node("Add", {"m", "c"}, "y");
  const auto run = [&builder](const std::string& mode) {
    CompiledModel model = CompileGraph(builder);
    model.precision_mode = mode;
    return RunModel(model, {{1, 1.0001f}});
  };
  EXPECT_THAT(run("origin"), ElementsAre(FloatEq(1.0002f), 1.0001f));
  EXPECT_THAT(run("fp16"), ElementsAre(1, 1));
  EXPECT_THAT(run("cube_fp16in_fp32out"), ElementsAre(1.0001f, 1));
  EXPECT_THAT(run("mixed_float16"), ElementsAre(1.0001f, 1));
  CompiledModel unknown = CompileGraph(builder);
  unknown.precision_mode = "fp8";
  EXPECT_THAT(Compile(unknown, {}), StartsWith("E10001"));
  CompiledModel half = CompileGraph(builder);
  half.float16_outputs = true;
  EXPECT_EQ(Compile(half, {}), "");
  EXPECT_EQ(half.outputs[0].data_type, 1);
  std::string error;
  std::vector<std::string> outputs;
  EXPECT_EQ(Program::Make(half, error)->Run(1, {BytesOfFloats({1, -2})}, outputs), "");
  EXPECT_EQ(outputs[0], std::string("\x00\x3c\x00\xc0", 4));
}

TEST(Precision, Hf32OfConvolutions) {
  const auto run = [](int64_t group, bool convolution, bool depthwise, const std::string& soc) {
    OnnxBuilder builder;
    builder.Input("x", {1, 2, 1, 1}).Output("y", {1, 2, 1, 1});
    builder.Floats("w", {2, 2 / group, 1, 1}, group == 2 ? Values{1.0001f, 1} : Values{1.0001f, 0, 0, 1});
    builder.Node("Conv", {"x", "w"}, "y").Int("group", group);
    CompiledModel model = CompileGraph(builder);
    model.soc_version = soc;
    model.hf32_convolution = convolution;
    model.hf32_depthwise = depthwise;
    return RunModel(model, {{1, 1.0001f}});
  };
  const Values exact = {1.0001f, 1.0001f}, rounded = {1, 1};
  EXPECT_EQ(run(1, false, true, "Ascend910B4-emulator"), exact);
  EXPECT_EQ(run(1, true, false, "Ascend910B4-emulator"), rounded);
  EXPECT_EQ(run(2, true, false, "Ascend910_9362-emulator"), exact);
  EXPECT_EQ(run(2, false, true, "Ascend910_9362-emulator"), rounded);
}

TEST(Precision, ChipsWithoutFloat32Products) {
  for (const char* soc : {"Ascend910B4", "Ascend910B1", "Ascend910_9362-emulator"}) EXPECT_TRUE(CubeHasFloat32(soc));
  for (const char* soc : {"Ascend310P3-emulator", "Ascend910A", "Ascend910B", "Ascend310B4", "Ascend910ProB"})
    EXPECT_FALSE(CubeHasFloat32(soc)) << soc;
  OnnxBuilder builder;
  builder.Input("x", {1, 1}).Output("y", {1, 1}).Floats("b", {1, 1}, {1}).Node("MatMul", {"x", "b"}, "y");
  CompiledModel model = CompileGraph(builder);
  model.soc_version = "Ascend310P3-emulator";
  EXPECT_THAT(Compile(model, {}), AllOf(StartsWith("E20001"), HasSubstr("EZ9999")));
  model.precision_mode = "cube_fp16in_fp32out";
  EXPECT_EQ(Compile(model, {}), "");
}

TEST(Gears, EachItsOwnBatch) {
  OnnxBuilder builder;
  builder.Input("x", {-1, 2}).Output("y", {-1, 1}).Node("ReduceMean", {"x"}, "y").Ints("axes", {1});
  CompiledModel model = CompileGraph(builder);
  EXPECT_THAT(Compile(model, {}), StartsWith("E10001"));
  model.gears = {1, 3};
  EXPECT_EQ(Compile(model, {{"x", {-1, 2}}}), "");
  ASSERT_EQ(model.inputs.size(), 2U);
  EXPECT_EQ(model.inputs[1].name, kGearInput);
  EXPECT_EQ(model.outputs[0].dims, (std::vector<int64_t>{-1, 1}));
  std::string error;
  const auto program = Program::Make(model, error);
  ASSERT_NE(program, nullptr) << error;
  const std::string x = BytesOfFloats({1, 2, 3, 4, 5, 6});
  std::vector<std::string> outputs;
  EXPECT_EQ(program->Run(3, {x, ""}, outputs), "");
  EXPECT_THAT(FloatsOf(outputs[0]), ElementsAre(1.5, 3.5, 5.5));
  EXPECT_EQ(program->Run(1, {x, ""}, outputs), "");
  EXPECT_THAT(FloatsOf(outputs[0]), ElementsAre(1.5));
  EXPECT_THAT(program->Run(2, {x, ""}, outputs), HasSubstr("not one of the gears"));
  EXPECT_THAT(program->Run(1, {x}, outputs), HasSubstr("1 inputs, 2 expected"));
  EXPECT_THAT(program->Run(3, {x.substr(1), ""}, outputs), HasSubstr("23 bytes, 24 expected"));
  EXPECT_THAT(Compile(model, {{"x", {1, 2}}}), StartsWith("E10031"));
  EXPECT_THAT(Compile(model, {{"x", {-1, -1}}}), StartsWith("E10018"));
  EXPECT_THAT(Compile(model, {{"images", {-1, 2}}}), StartsWith("E10016"));
}

TEST(OmFile, RoundTrip) {
  OnnxBuilder builder;
  builder.Input("x", {-1, 2}).Output("y", {-1, 2}).Node("Erf", {"x"}, "y");
  CompiledModel model = CompileGraph(builder);
  model.gears = {2, 4};
  model.command = "atc --mode=0";
  model.hf32_matmul = true;
  ASSERT_EQ(Compile(model, {}), "");
  const std::string bytes = WriteOm(model);
  EXPECT_EQ(bytes.substr(0, 4), "IMOD");
  std::string error = "x";
  const auto copy = ReadOm(bytes, error);
  ASSERT_TRUE(copy) << error;
  EXPECT_EQ(error, "");
  EXPECT_EQ(WriteOm(*copy), bytes);
  EXPECT_EQ(copy->gears, model.gears);
  EXPECT_EQ(copy->onnx, model.onnx);
  EXPECT_EQ(copy->inputs[0].dims, model.inputs[0].dims);
}

TEST(OmFile, Damaged) {
  const std::string bytes = WriteOm(CompileGraph(OnnxBuilder()));
  const auto error_of = [](const std::string& om) {
    std::string error;
    const bool read = ReadOm(om, error).has_value();
    EXPECT_EQ(read, error.empty());
    return error;
  };
  for (size_t size = 0; size < bytes.size(); ++size)
    ASSERT_THAT(error_of(bytes.substr(0, size)), StartsWith("truncated"));
  EXPECT_THAT(error_of(bytes + "x"), StartsWith("payload"));
  EXPECT_THAT(error_of("X" + bytes.substr(1)), StartsWith("magic"));
  for (const size_t at : {size_t{256}, size_t{262}, size_t{264}}) {
    std::string damaged = bytes;
    damaged[at] = '\x7f';
    EXPECT_THAT(error_of(damaged), StartsWith("payload")) << at;
  }
}

}  // namespace
}  // namespace ascend_emulator
