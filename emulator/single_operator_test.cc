// Single operators: CANN's names, shapes and attributes, and what they are computed in.
#include "single_operator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

namespace ascend_emulator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Values = std::vector<float>;
using Integers = std::vector<int64_t>;

struct Input {
  Dims dims;
  Values values;
};

SingleOperator Make(const std::string& type, const std::vector<Input>& inputs, Dims output,
                    std::map<std::string, aclopAttrValue> attributes = {}) {
  SingleOperator op;
  op.type = type;
  for (const Input& input : inputs) op.inputs.push_back({0, 2, input.dims, "", {}});
  op.output = {0, 2, std::move(output), "", {}};
  op.attributes = std::move(attributes);
  op.flags.soc_version = "Ascend910B4-emulator";
  op.flags.precision_mode = "origin";
  return op;
}

Values RunOp(const SingleOperator& op, const std::vector<Input>& inputs) {
  EXPECT_EQ(CheckOperator(op), "");
  std::vector<std::string_view> bytes;
  for (const Input& input : inputs)
    bytes.emplace_back(reinterpret_cast<const char*>(input.values.data()), input.values.size() * sizeof(float));
  std::string output;
  EXPECT_EQ(RunOperator(op, bytes, output), "");
  Values values(output.size() / sizeof(float));
  std::memcpy(values.data(), output.data(), output.size());
  return values;
}

std::map<std::string, aclopAttrValue> ConvAttributes(Integers pads) {
  return {{"strides", Integers{1, 1, 1, 1}},
          {"dilations", Integers{1, 1, 1, 1}},
          {"pads", std::move(pads)},
          {"group", int64_t{2}}};
}

// 1 + 2^-11 is a float32 and an HF32 but no float16; 1 + 2^-13 is no HF32 either.
constexpr float kNoFloat16 = 1 + 0x1p-11f, kNoHf32 = 1 + 0x1p-13f;

TEST(SingleOperator, Conv2DIsDepthwiseWhereTheFiltersSay) {
  const std::vector<Input> inputs = {{{1, 2, 1, 2}, {1, 2, 3, 4}}, {{2, 1, 1, 1}, {10, 100}}, {{2}, {1, 2}}};
  EXPECT_THAT(RunOp(Make("Conv2D", inputs, {1, 2, 1, 2}, ConvAttributes({0, 0, 0, 0})), inputs),
              ElementsAre(11, 21, 302, 402));
}

TEST(SingleOperator, Conv2DPadsTopBottomLeftRight) {
  const std::vector<Input> inputs = {{{1, 1, 1, 1}, {5}}, {{1, 1, 1, 1}, {1}}};
  EXPECT_THAT(RunOp(Make("Conv2D", inputs, {1, 1, 2, 1}, ConvAttributes({1, 0, 0, 0})), inputs), ElementsAre(0, 5));
  EXPECT_THAT(RunOp(Make("Conv2D", inputs, {1, 1, 2, 1}, ConvAttributes({0, 1, 0, 0})), inputs), ElementsAre(5, 0));
  EXPECT_THAT(RunOp(Make("Conv2D", inputs, {1, 1, 1, 2}, ConvAttributes({0, 0, 1, 0})), inputs), ElementsAre(0, 5));
}

TEST(SingleOperator, MovesAndElements) {
  const Input row{{1, 3}, {1, 2, 3}}, matrix{{2, 2}, {1, 4, 9, 16}};
  EXPECT_THAT(RunOp(Make("BroadcastToD", {row}, {2, 3}, {{"shape", Integers{2, 3}}}), {row}),
              ElementsAre(1, 2, 3, 1, 2, 3));
  EXPECT_THAT(RunOp(Make("TransposeD", {matrix}, {2, 2}, {{"perm", Integers{1, 0}}}), {matrix}),
              ElementsAre(1, 9, 4, 16));
  EXPECT_THAT(RunOp(Make("Sqrt", {matrix}, {2, 2}), {matrix}), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(RunOp(Make("Sub", {matrix, matrix}, {2, 2}), {matrix, matrix}), ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(RunOp(Make("BatchMatMul", {row, {{3, 1}, {1, 10, 100}}}, {1, 1}), {row, {{3, 1}, {1, 10, 100}}}),
              ElementsAre(321));
}

TEST(SingleOperator, ConvolutionsAreHf32UnlessToldOtherwise) {
  const std::vector<Input> inputs = {{{1, 1, 1, 2}, {kNoFloat16, kNoHf32}}, {{1, 1, 1, 1}, {1}}};
  SingleOperator op = Make("Conv2D", inputs, {1, 1, 1, 2}, ConvAttributes({0, 0, 0, 0}));
  EXPECT_THAT(RunOp(op, inputs), ElementsAre(kNoFloat16, 1));
  op.flags.hf32_convolution = false;
  EXPECT_THAT(RunOp(op, inputs), ElementsAre(kNoFloat16, kNoHf32));
}

TEST(SingleOperator, OnlyProductsAreOfFloat16WhereTheModeSaysSo) {
  const Input x{{1, 1}, {kNoFloat16}}, one{{1, 1}, {1}};
  SingleOperator product = Make("BatchMatMul", {x, one}, {1, 1}), sum = Make("Add", {x, one}, {1, 1});
  product.flags.precision_mode = sum.flags.precision_mode = "mixed_float16";
  EXPECT_THAT(RunOp(product, {x, one}), ElementsAre(1));
  EXPECT_THAT(RunOp(sum, {x, one}), ElementsAre(kNoFloat16 + 1));
  product.flags.precision_mode = "origin";
  EXPECT_THAT(RunOp(product, {x, one}), ElementsAre(kNoFloat16));
}

TEST(SingleOperator, WhatCannotBeCompiledIsRefused) {
  const Input x{{1, 2}, {1, 2}};
  EXPECT_THAT(CheckOperator(Make("Gelu", {x}, {1, 2})), HasSubstr("no engine of the emulator supports Gelu"));
  EXPECT_THAT(CheckOperator(Make("Add", {x}, {1, 2})), HasSubstr("Add with 1 inputs"));
  EXPECT_THAT(CheckOperator(Make("Sqrt", {x}, {2, 1})), HasSubstr("gives float [1,2], not type 0 [2,1]"));
  EXPECT_THAT(CheckOperator(Make("TransposeD", {x}, {2, 1})), HasSubstr("needs perm"));
  EXPECT_THAT(CheckOperator(Make("BatchMatMul", {x, x}, {1, 1})), HasSubstr("cannot be multiplied"));
  EXPECT_THAT(CheckOperator(Make("Conv2D", {x, x}, {1, 2})), HasSubstr("strides of Conv2D must be four numbers"));
  SingleOperator integers = Make("Sqrt", {x}, {1, 2});
  integers.inputs[0].data_type = 3;
  EXPECT_THAT(CheckOperator(integers), HasSubstr("Sqrt of type 3"));
  SingleOperator product = Make("BatchMatMul", {x, {{2, 1}, {1, 1}}}, {1, 1});
  product.flags.soc_version = "Ascend310P3-emulator";
  EXPECT_THAT(CheckOperator(product), HasSubstr("has no float32 kernel"));
}

}  // namespace
}  // namespace ascend_emulator
