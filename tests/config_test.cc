// timm's config.json and open_clip's open_clip_config.json.
#include "convnext/config/config.h"

#include <nlohmann/json.hpp>

#include "convnext/config/network.h"
#include "test_util.h"

namespace convnext {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Json = nlohmann::ordered_json;

Json BaseJson() { return Json::parse(ReadText(GoldenPath("models/convnext_base.clip_laion2b/config.json"))); }

Json OpenClipJson() {
  return Json::parse(R"({
    "model_cfg": {"embed_dim": 640,
                  "vision_cfg": {"timm_model_name": "convnext_base", "timm_model_pretrained": false, "timm_pool": "",
                                 "timm_proj": "linear", "timm_drop": 0.0, "timm_drop_path": 0.1, "image_size": 256},
                  "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 640, "heads": 10, "layers": 12}},
    "preprocess_cfg": {"mean": [0.48145466, 0.4578275, 0.40821073], "std": [0.26862954, 0.26130258, 0.27577711]}})");
}

Result<ModelConfig> Parse(const Json& json) { return ParseConfig(json.dump(), "config.json"); }
std::string RefusalOf(const Json& json) { return Refusal(Parse(json)); }

// BaseJson with one more argument of timm's constructor.
Json WithArgument(const std::string& name, const Json& value) {
  Json json = BaseJson();
  json["model_args"][name] = value;
  return json;
}

Json WithPretrained(const std::string& name, const Json& value) {
  Json json = BaseJson();
  json["pretrained_cfg"][name] = value;
  return json;
}

Json WithVision(const std::string& name, const Json& value) {
  Json json = OpenClipJson();
  json["model_cfg"]["vision_cfg"][name] = value;
  return json;
}

void ExpectSame(const ModelConfig& a, const ModelConfig& b) {
  EXPECT_EQ(a.name(), b.name());
  EXPECT_EQ(a.depths, b.depths);
  EXPECT_EQ(a.dims, b.dims);
  EXPECT_EQ(a.num_classes, b.num_classes);
  EXPECT_EQ(a.head_hidden_size, b.head_hidden_size);
  EXPECT_EQ(a.layer_norm_eps, b.layer_norm_eps);
  EXPECT_EQ(a.preprocessing.image_size, b.preprocessing.image_size);
  EXPECT_EQ(a.preprocessing.crop_pct, b.preprocessing.crop_pct);
  EXPECT_EQ(a.preprocessing.crop_mode, b.preprocessing.crop_mode);
  EXPECT_EQ(a.preprocessing.interpolation, b.preprocessing.interpolation);
  EXPECT_EQ(a.preprocessing.mean, b.preprocessing.mean);
  EXPECT_EQ(a.preprocessing.std, b.preprocessing.std);
  EXPECT_EQ(a.preprocessing.fill, b.preprocessing.fill);
  EXPECT_EQ(a.activation, b.activation);
  EXPECT_EQ(a.pooling, b.pooling);
}

TEST(TimmConfig, Base) {
  const ModelConfig config = GoldenConfig("convnext_base.clip_laion2b");
  ExpectSame(config, ValueOrThrow(ArchitectureConfig("convnext_base.clip_laion2b")));
  EXPECT_EQ(config.name(), "convnext_base.clip_laion2b");
  EXPECT_THAT(config.depths, ElementsAre(3, 3, 27, 3));
  EXPECT_THAT(config.dims, ElementsAre(128, 256, 512, 1024));
  EXPECT_EQ(config.embedding_dim(), 640);
  EXPECT_EQ(config.layer_norm_eps, 1e-6);
  EXPECT_EQ(config.preprocessing.image_size, (ImageSize{256, 256}));
  EXPECT_EQ(config.preprocessing.crop_pct, 1.0);
  EXPECT_EQ(config.preprocessing.interpolation, Interpolation::kBicubic);
  EXPECT_THAT(config.notes, IsEmpty());
}

TEST(TimmConfig, AnyDepthsAndDims) {
  const ModelConfig odd = GoldenConfig("odd_channels");
  EXPECT_THAT(odd.depths, ElementsAre(1, 2, 1, 1));
  EXPECT_THAT(odd.dims, ElementsAre(12, 20, 36, 52));
  EXPECT_EQ(odd.num_classes, 7);
  EXPECT_EQ(odd.tag, "synthetic");
  EXPECT_EQ(GoldenConfig("tiny_patch").num_classes, 20);
}

TEST(TimmConfig, TheOuterNumberOfClassesWins) {
  Json json = BaseJson();
  json["num_classes"] = 11;
  EXPECT_EQ(ValueOrThrow(Parse(json)).num_classes, 11);
  json["num_classes"] = 0;
  EXPECT_EQ(ValueOrThrow(Parse(json)).embedding_dim(), 1024);
  json.erase("num_classes");
  EXPECT_EQ(ValueOrThrow(Parse(json)).num_classes, 640);
  json["pretrained_cfg"]["classifier"] = nullptr;
  json["model_args"]["num_classes"] = 12;  // what the constructor is given
  EXPECT_EQ(ValueOrThrow(Parse(json)).num_classes, 12);
}

TEST(TimmConfig, Preprocessing) {
  Json json = BaseJson();
  json["pretrained_cfg"].update({{"input_size", {3, 320, 320}},
                                 {"crop_pct", 0.875},
                                 {"crop_mode", "squash"},
                                 {"interpolation", "bilinear"},
                                 {"mean", {0.5, 0, 1}},
                                 {"std", {1, 2, 0.25}}});
  const Preprocessing preprocessing = ValueOrThrow(Parse(json)).preprocessing;
  EXPECT_EQ(preprocessing.image_size, (ImageSize{320, 320}));
  EXPECT_EQ(preprocessing.crop_pct, 0.875);
  EXPECT_EQ(preprocessing.crop_mode, CropMode::kSquash);
  EXPECT_EQ(preprocessing.interpolation, Interpolation::kBilinear);
  EXPECT_THAT(preprocessing.mean, ElementsAre(0.5, 0, 1));
  EXPECT_THAT(preprocessing.std, ElementsAre(1, 2, 0.25));
}

TEST(TimmConfig, NotesWhatItDoesNotSay) {
  const auto config = ValueOrThrow(Parse({{"architecture", "convnext_base"}, {"pretrained_cfg", {{"crop_pct", 1.0}}}}));
  EXPECT_THAT(config.notes, ElementsAre(HasSubstr("does not say input_size, interpolation, mean, std:")));
}

TEST(TimmConfig, OlderFilesHaveOneObject) {
  const auto config = ValueOrThrow(Parse({{"architecture", "convnext_base.clip_laiona_320"},
                                          {"input_size", {3, 224, 224}},
                                          {"num_classes", 9},
                                          {"crop_pct", 0.9}}));
  EXPECT_EQ(config.tag, "clip_laiona_320");
  EXPECT_EQ(config.preprocessing.image_size, (ImageSize{224, 224}));
  EXPECT_EQ(config.preprocessing.crop_pct, 0.9);
  EXPECT_EQ(config.num_classes, 9);
}

TEST(TimmConfig, HeadWithPreLogits) {
  Json json = BaseJson();
  json["architecture"] = "convnext_large_mlp";
  EXPECT_EQ(ValueOrThrow(Parse(json)).head_hidden_size, 1536);
  json["num_classes"] = 0;
  EXPECT_EQ(ValueOrThrow(Parse(json)).embedding_dim(), 1536);
  json["model_args"] = {{"head_hidden_size", nullptr}};
  EXPECT_EQ(ValueOrThrow(Parse(json)).head_hidden_size, 0);
  EXPECT_EQ(ValueOrThrow(Parse(WithArgument("head_hidden_size", 99))).head_hidden_size, 99);
}

TEST(TimmConfig, EpsOfXxlarge) {
  Json json = BaseJson();
  json["architecture"] = "convnext_xxlarge";
  EXPECT_EQ(ValueOrThrow(Parse(json)).layer_norm_eps, 1e-5);
  EXPECT_EQ(ValueOrThrow(ArchitectureConfig("convnext_xxlarge.clip_laion2b_soup")).layer_norm_eps, 1e-5);
  EXPECT_EQ(ValueOrThrow(Parse(WithArgument("norm_eps", 1e-5))).layer_norm_eps, 1e-5);
}

TEST(TimmConfig, RefusesOtherArgumentsByName) {
  const auto refusal = [](const std::string& name, const Json& value) { return RefusalOf(WithArgument(name, value)); };
  EXPECT_THAT(refusal("use_grn", true),
              AllOf(HasSubstr("model_args.use_grn"), HasSubstr("(ConvNeXt V2) is not supported"),
                    HasSubstr("use a model where it is one of [false]")));
  EXPECT_THAT(refusal("stem_type", "overlap_tiered"), HasSubstr("an overlapping stem is not supported; use a model"));
  EXPECT_THAT(refusal("head_norm_first", true), HasSubstr("the norm before the pooling is not supported; use a model"));
  EXPECT_THAT(refusal("conv_mlp", true), HasSubstr("the convolutional MLP is not supported; use a model"));
  EXPECT_THAT(refusal("act_layer", "prelu"), HasSubstr("expected \"gelu\" or \"gelu_tanh\" or"));
  EXPECT_THAT(refusal("global_pool", "catavgmax"), HasSubstr("expected \"avg\" or \"max\" or"));
  EXPECT_THAT(refusal("global_pool", ""), HasSubstr("\"model_args.global_pool\": \"\" is not supported"));
  EXPECT_THAT(refusal("kernel_sizes", {7, 7, 7, 9}), HasSubstr("depthwise kernels"));
  EXPECT_THAT(refusal("ls_init_value", nullptr), HasSubstr("no layer scale"));
  EXPECT_THAT(refusal("in_chans", 4), HasSubstr("three input channels"));
  EXPECT_THAT(refusal("new_option\n", 1), HasSubstr("\"model_args.new_option\\x0a\" is not supported"));
}

TEST(TimmConfig, AcceptsArgumentsThatChangeNothing) {
  Json json = BaseJson();
  json["model_args"] = {{"use_grn", false},      {"stem_type", "patch"}, {"kernel_sizes", 7},
                        {"conv_bias", true},     {"act_layer", nullptr}, {"patch_size", 4},
                        {"drop_path_rate", 0.1}, {"ls_init_value", 1e-6}};
  ExpectSame(ValueOrThrow(Parse(json)), ValueOrThrow(Parse(BaseJson())));
}

TEST(TimmConfig, RefusesOtherArchitecturesByName) {
  const auto refusal = [](const std::string& name) { return RefusalOf({{"architecture", name}}); };
  EXPECT_THAT(refusal("convnextv2_base.fcmae"), AllOf(HasSubstr("(GRN) is not supported"), HasSubstr("convnext_base")));
  EXPECT_THAT(refusal("convnext_tiny_hnf"), HasSubstr("(head_norm_first) is not supported; use one of"));
  EXPECT_THAT(refusal("convnext_atto_ols"), HasSubstr("overlapping stem"));
  EXPECT_THAT(refusal("convnext_nano"), HasSubstr("(conv_mlp) is not supported; use one of"));
  EXPECT_THAT(refusal("vit_base_patch16_224"), HasSubstr("unknown architecture \"vit_base_patch16_224\"; known are"));
  EXPECT_THAT(refusal(std::string(3000, 'x')), HasSubstr("xxx...\"; known are"));
  EXPECT_THAT(Refusal(ArchitectureConfig("convnext_base.typo")),
              HasSubstr("no pretrained tag \"typo\"; known are: clip_"));
}

TEST(TimmConfig, RefusesWrongTypesAndValues) {
  EXPECT_THAT(RefusalOf({{"architecture", 7}}), HasSubstr("config.json: \"architecture\": 7 is not a string"));
  EXPECT_THAT(RefusalOf({{"architecture", "convnext_base"}, {"pretrained_cfg", {1}}}),
              HasSubstr("\"pretrained_cfg\": [1] is not an object"));
  EXPECT_THAT(RefusalOf({{"architecture", "convnext_base"}, {"num_classes", "9"}}),
              HasSubstr("\"num_classes\": \"9\" is not an integer"));
  EXPECT_THAT(RefusalOf(WithPretrained("interpolation", 3)), HasSubstr("interpolation\": 3 is not a string"));
  EXPECT_THAT(RefusalOf(WithPretrained("interpolation", "area")), HasSubstr("expected \"nearest\" or \"box\" or"));
  EXPECT_THAT(RefusalOf(WithPretrained("std", {1, 0, 1})), HasSubstr("\"pretrained_cfg.std\": [1,0,1] is zero in"));
  EXPECT_THAT(RefusalOf(WithPretrained("mean", {1, 1})), HasSubstr("is neither a number nor a list of 3"));
  EXPECT_THAT(RefusalOf(WithPretrained("crop_pct", -1)), HasSubstr("is not a number from 0.0001 to 10000"));
  for (const Json& size :
       {Json({3, 256.5, 320}), Json({1, 256, 256}), Json({3, 31, 31}), Json({3, 9000, 9000}), Json(256)}) {
    EXPECT_THAT(RefusalOf(WithPretrained("input_size", size)), HasSubstr("\"pretrained_cfg.input_size\": ")) << size;
  }
}

TEST(TimmConfig, TagsAreLabels) {
  for (const auto& [tag, label] : {std::pair("a b", "a_b"), {"x[1]/y", "x_1__y"}, {"", ""}, {"v1.0", "v1.0"}}) {
    EXPECT_EQ(ValueOrThrow(Parse(WithPretrained("tag", tag))).tag, label) << tag;
  }
  EXPECT_EQ(ValueOrThrow(Parse(WithPretrained("tag", 5))).tag, "");
  EXPECT_EQ(ValueOrThrow(Parse({{"architecture", "convnext_base_in22ft1k"}})).name(), "convnext_base.fb_in22k_ft_in1k");
}

TEST(TimmConfig, NotesWhatTimmDoesNotRead) {
  Json json = BaseJson();
  json["global_pool"] = "max";
  const auto config = ValueOrThrow(Parse(json));
  EXPECT_EQ(config.pooling, Pooling::kAverage);
  EXPECT_THAT(config.notes, ElementsAre(HasSubstr("global_pool is \"max\", which timm does not read outside")));
  EXPECT_THAT(ValueOrThrow(Parse(WithPretrained("crop_mode", "Squash"))).notes,
              ElementsAre(HasSubstr("timm knows no crop_mode \"Squash\" and has \"center\"")));
}

TEST(TimmConfig, RefusesSizesOutOfRange) {
  EXPECT_THAT(RefusalOf(WithArgument("depths", {3, 0, 3, 3})),
              HasSubstr("depths: got [3, 0, 3, 3]; expected 1 to 1000"));
  EXPECT_THAT(RefusalOf(WithArgument("dims", {1, 1, 1, 65537})), HasSubstr("expected 1 to 65536"));
  EXPECT_THAT(RefusalOf(WithArgument("dims", {1, 2, 3})), HasSubstr("is not a list of 4 integers"));
  EXPECT_THAT(RefusalOf(WithArgument("num_classes", -1)), HasSubstr("-1 classes"));
  EXPECT_THAT(RefusalOf(WithArgument("dims", {65536, 65536, 65536, 65536})), HasSubstr("parameters; at most"));
}

// timm would drop the head's weights and make others at random (timm 1.0.31, load_pretrained).
TEST(TimmConfig, RefusesAHeadThatTimmWouldMakeAtRandom) {
  const auto with = [](const Json& classifier, const Json& of_weights, const Json& of_model) {
    Json json = WithPretrained("classifier", classifier);
    json.erase("num_classes");
    json["pretrained_cfg"].erase("num_classes");
    if (!of_weights.is_null()) json["pretrained_cfg"]["num_classes"] = of_weights;
    json["model_args"] = Json::object();
    if (!of_model.is_null()) json["model_args"]["num_classes"] = of_model;
    return json;
  };
  for (const Json& classifier : {Json("head.fc"), Json::array({"head.fc", "other"})}) {
    EXPECT_THAT(RefusalOf(with(classifier, 1000, 10)), HasSubstr("make others at random"));
    EXPECT_THAT(RefusalOf(with(classifier, nullptr, 10)), HasSubstr("10 classes and its weights have 1000"));
    EXPECT_THAT(RefusalOf(with(classifier, -1, nullptr)), HasSubstr("make others at random"));
    EXPECT_EQ(ValueOrThrow(Parse(with(classifier, 10, 10))).num_classes, 10);
    EXPECT_TRUE(ValueOrThrow(Parse(with(classifier, 10, 0))).drops_classifier);
  }
  EXPECT_EQ(ValueOrThrow(Parse(with(nullptr, 1000, 10))).num_classes, 10);
  EXPECT_EQ(ValueOrThrow(Parse(with("fc", 1000, 10))).num_classes, 10);
  Json offset = with("head.fc", 1000, nullptr);
  offset["pretrained_cfg"]["label_offset"] = 1;
  EXPECT_THAT(RefusalOf(offset), HasSubstr("\"label_offset\" is 1"));
  offset["pretrained_cfg"]["classifier"] = nullptr;
  EXPECT_EQ(ValueOrThrow(Parse(offset)).num_classes, 1000);
}

TEST(Config, RefusesWhatIsNoConfig) {
  EXPECT_THAT(RefusalOf({{"architectures", {"ConvNextModel"}}}),
              AllOf(HasSubstr("neither timm's config.json"), HasSubstr("use the one that was published")));
  EXPECT_THAT(RefusalOf(Json::array()), HasSubstr("neither timm's"));
  EXPECT_THAT(Refusal(ParseConfig("", "c.json")), HasSubstr("c.json: not valid JSON"));
  EXPECT_THAT(Refusal(ParseConfig(R"({"architecture":"a","architecture":"b"})", "c")), HasSubstr("stands twice"));
}

TEST(OpenClipConfig, LinearProjection) {
  const auto config = ValueOrThrow(Parse(OpenClipJson()));
  EXPECT_EQ(config.name(), "convnext_base");
  EXPECT_EQ(config.num_classes, 640);
  EXPECT_EQ(config.head_hidden_size, 0);
  EXPECT_EQ(config.layer_norm_eps, 1e-6);
  EXPECT_EQ(config.preprocessing.image_size, (ImageSize{256, 256}));
  EXPECT_THAT(config.notes,
              ElementsAre(HasSubstr("into RGB after resizing"), HasSubstr("does not say interpolation:")));
}

TEST(OpenClipConfig, MlpProjectionIsPreLogits) {
  Json json = WithVision("timm_model_name", "convnext_large");
  json["model_cfg"]["vision_cfg"]["timm_proj"] = "mlp";
  json["model_cfg"]["embed_dim"] = 768;
  const auto config = ValueOrThrow(Parse(json));
  EXPECT_EQ(config.architecture, "convnext_large_mlp");
  EXPECT_EQ(config.head_hidden_size, 1536);
  EXPECT_EQ(config.num_classes, 768);
}

TEST(OpenClipConfig, EpsOfXxlarge) {
  Json json = WithVision("timm_model_name", "convnext_xxlarge");
  json["model_cfg"]["embed_dim"] = 1024;
  const auto config = ValueOrThrow(Parse(json));
  EXPECT_EQ(config.layer_norm_eps, 1e-5);
  EXPECT_THAT(config.dims, ElementsAre(384, 768, 1536, 3072));
  EXPECT_EQ(ValueOrThrow(ParseConfig(ConfigJson(config), "again")).layer_norm_eps, 1e-5);
}

TEST(OpenClipConfig, Preprocessing) {
  Json json = WithVision("image_size", {320, 320});
  EXPECT_EQ(ValueOrThrow(Parse(json)).preprocessing.image_size, (ImageSize{320, 320}));
  json["preprocess_cfg"].update({{"size", 384}, {"resize_mode", "squash"}, {"interpolation", "bilinear"}});
  const auto config = ValueOrThrow(Parse(json));
  EXPECT_EQ(config.preprocessing.image_size, (ImageSize{320, 320}));
  EXPECT_EQ(config.preprocessing.crop_mode, CropMode::kSquash);
  EXPECT_EQ(config.preprocessing.interpolation, Interpolation::kBilinear);
  EXPECT_THAT(config.notes, Contains(HasSubstr("preprocess_cfg.size is 384x384, which open_clip does not use")));
}

TEST(OpenClipConfig, RefusesWhatIsNotSupported) {
  EXPECT_THAT(RefusalOf({{"model_cfg", {{"embed_dim", 512}, {"vision_cfg", {{"layers", 12}}}}}}),
              HasSubstr("the image tower is no timm model; expected convnext_base"));
  EXPECT_THAT(RefusalOf(WithVision("timm_model_name", "convnextv2_base")), HasSubstr("GRN"));
  EXPECT_THAT(RefusalOf(WithVision("timm_proj", "conv")), HasSubstr("expected \"linear\" or \"mlp\""));
  EXPECT_THAT(RefusalOf(WithVision("timm_pool", "abs_attn")), HasSubstr("\"model_cfg.vision_cfg.timm_pool\""));
  EXPECT_THAT(RefusalOf(WithVision("image_size", {256, 16})), HasSubstr("is not a list of 2 integers from 32 to 8192"));
  Json json = OpenClipJson();
  json["model_cfg"]["embed_dim"] = "640";
  EXPECT_THAT(RefusalOf(json), HasSubstr("\"model_cfg.embed_dim\": \"640\" is not an integer"));
  json["model_cfg"].erase("embed_dim");
  EXPECT_THAT(RefusalOf(json), HasSubstr("no \"model_cfg.embed_dim\""));
  json["model_cfg"] = 7;
  EXPECT_NE(RefusalOf(json), "(no error)");
}

TEST(ConfigJson, IsReadBackTheSame) {
  for (const std::string name :
       {"convnext_base.clip_laion2b", "convnext_large_mlp.clip_laion2b_ft_320", "convnext_tiny",
        "convnext_base.clip_laion2b_augreg_ft_in12k_in1k_384", "convnext_xxlarge", "convnext", "test_convnext"}) {
    const auto config = ValueOrThrow(ArchitectureConfig(name));
    const auto again = ValueOrThrow(ParseConfig(ConfigJson(config), name));
    ExpectSame(config, again);
    EXPECT_THAT(again.notes, IsEmpty()) << name;
  }
}

TEST(ConfigJson, KeepsWhatDiffersFromTheArchitecture) {
  ModelConfig config = GoldenConfig("odd_channels");
  config.head_hidden_size = 5;
  config.num_classes = 0;
  config.layer_norm_eps = 1.25e-7;
  config.preprocessing = {.image_size = {100, 130},
                          .crop_pct = 0.1,
                          .crop_mode = CropMode::kSquash,
                          .interpolation = Interpolation::kBilinear,
                          .mean = {0.1, 0.2, 0.3},
                          .std = {1.0 / 3, 1, 2}};
  config.activation = Activation::kHardMish;
  config.pooling = Pooling::kAverageAndMaximum;
  ExpectSame(config, ValueOrThrow(ParseConfig(ConfigJson(config), "again")));
  config.preprocessing.crop_mode = CropMode::kBorder;
  for (const std::array<uint8_t, 3>& fill : {std::array<uint8_t, 3>{26, 51, 76}, {1, 2, 3}, {0, 0, 0}}) {
    config.preprocessing.fill = fill;
    ExpectSame(config, ValueOrThrow(ParseConfig(ConfigJson(config), "again")));
  }
}

TEST(ParameterCount, OfPublishedModels) {
  EXPECT_EQ(ParameterCount(ValueOrThrow(ArchitectureConfig("convnext_base.clip_laion2b"))), 88'222'464);
  EXPECT_EQ(ParameterCount(ValueOrThrow(ArchitectureConfig("convnext_base.clip_laion2b_augreg_ft_in1k"))), 88'591'464);
  EXPECT_EQ(ExpectedTensors(ValueOrThrow(ArchitectureConfig("convnext_base.clip_laion2b"))).size(), 344u);
}

// Every layer reads what the one before it writes.
TEST(NetworkSpec, ChannelsFollowEachOther) {
  ModelConfig config = ValueOrThrow(ArchitectureConfig("convnext_base.clip_laion2b"));
  for (const int64_t hidden : {0, 72}) {
    config.head_hidden_size = hidden;
    int64_t channels = 3;
    int stage = 0;
    ForEachLayer(DescribeNetwork(config), [&](const LayerSpec& layer) {
      EXPECT_EQ(layer.inputs, channels) << layer.name;
      EXPECT_EQ(layer.eps != 0, layer.type == LayerType::kLayerNorm) << layer.name;
      EXPECT_EQ(layer.activation != Activation::kIdentity,
                layer.name.ends_with("fc1") || layer.name == "head.pre_logits.fc")
          << layer.name;
      EXPECT_EQ(layer.stage.has_value(), !layer.name.starts_with("head.")) << layer.name;
      EXPECT_GE(layer.stage.value_or(4), stage) << layer.name;
      channels = layer.outputs;
      stage = layer.stage.value_or(4);
    });
    EXPECT_EQ(channels, config.embedding_dim());
  }
}

}  // namespace
}  // namespace convnext
