// Synthetic weights: the same bits as the generator of the golden models makes.
#include "convnext/model/synthetic.h"

#include <nlohmann/json.hpp>

#include "test_util.h"

namespace convnext {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

nlohmann::json Golden(const std::string& name) {
  return nlohmann::json::parse(ReadText(GoldenPath("models/" + name + "/golden.json")));
}

class GoldenWeights : public testing::TestWithParam<std::string> {};

TEST_P(GoldenWeights, NamesShapesAndBits) {
  const auto golden = Golden(GetParam());
  const ModelConfig config = GoldenConfig(GetParam());
  const auto expected = ExpectedTensors(config);
  EXPECT_THAT(expected, SizeIs(golden["tensor_shapes"].size()));
  EXPECT_EQ(ParameterCount(config), golden["parameters"].get<int64_t>());
  AlignedVector<float> values;
  for (const auto& [name, shape] : expected) {
    ASSERT_EQ(shape, golden["tensor_shapes"].at(name).get<Shape>()) << name;
    values.resize(*ElementCount(shape));
    FillSynthetic(name, shape, golden["seed"].get<uint64_t>(), values);
    ASSERT_EQ(Sha256(std::as_bytes(std::span(values))), golden["tensor_sha256"].at(name)) << name;
  }
}
INSTANTIATE_TEST_SUITE_P(Models, GoldenWeights,
                         testing::Values("tiny_patch", "odd_channels", "convnext_base.clip_laion2b"),
                         [](const auto& parameter) { return parameter.param.substr(0, parameter.param.find('.')); });

TEST(Synthetic, AnotherSeedGivesOtherWeights) {
  float a[4], b[4], c[4];
  FillSynthetic("stem.1.weight", {4}, 0, a);
  FillSynthetic("stem.1.weight", {4}, 1, b);
  FillSynthetic("stem.1.bias", {4}, 0, c);
  EXPECT_NE(a[0], b[0]);
  EXPECT_THAT(c, testing::Each(testing::AllOf(testing::Ge(-0.1f), testing::Lt(0.1f))));
  EXPECT_THAT(a, testing::Each(testing::AllOf(testing::Ge(0.75f), testing::Lt(1.25f))));
}

TEST(Synthetic, AWrittenModelOpensAndIsMarked) {
  const TemporaryDirectory directory;
  const ModelConfig config = GoldenConfig("odd_channels");
  ASSERT_TRUE(WriteSyntheticModel(config, 2, directory / "model").ok());
  const ModelFile model = ValueOrThrow(OpenModel(directory / "model"));
  EXPECT_TRUE(model.synthetic);
  const auto& metadata = model.file.files().front().metadata();
  EXPECT_EQ(metadata.at("synthetic"), "true");
  EXPECT_EQ(metadata.at("seed"), "2");
  EXPECT_EQ(model.config.dims, config.dims);
  EXPECT_EQ(model.config.name(), "convnext_base.synthetic");
  EXPECT_THAT(model.config.notes, IsEmpty());
  const auto golden = Golden("odd_channels");
  for (const auto& [name, tensor] : model.tensors) {
    EXPECT_EQ(Sha256(tensor->bytes), golden["tensor_sha256"].at(name)) << name;
  }
}

TEST(Synthetic, RefusesAConfigOutOfRange) {
  const TemporaryDirectory directory;
  ModelConfig config;
  config.dims[2] = 0;
  EXPECT_THAT(Refusal(WriteSyntheticModel(config, 0, directory / "model")), HasSubstr("dims: got [128, 256, 0, 1024]"));
  EXPECT_FALSE(std::filesystem::exists(directory / "model/model.safetensors"));
  EXPECT_EQ(WriteSyntheticModel(GoldenConfig("odd_channels"), 0, "/dev/null/model").ok(), false);
}

}  // namespace
}  // namespace convnext
