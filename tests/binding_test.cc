// Tensors of a file to the tensors of a model: both naming schemes, and what is said when they do not fit.
#include <filesystem>
#include <functional>

#include "convnext/model/synthetic.h"
#include "test_util.h"

namespace convnext {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

// A small model, all depths and dims different from those of the known architectures.
ModelConfig SmallConfig() {
  ModelConfig config;
  config.depths = {1, 2, 1, 1};
  config.dims = {4, 6, 8, 10};
  config.num_classes = 3;
  return config;
}

// A safetensors file in memory, put together tensor by tensor; the values are synthetic.
class FileMaker {
 public:
  FileMaker() = default;
  explicit FileMaker(const ModelConfig& config) {
    for (const NamedShape& tensor : ExpectedTensors(config)) Add(tensor.name, tensor.shape);
  }

  void Add(const std::string& name, const Shape& shape) {
    tensors_.push_back({name, shape, [name, shape](std::span<float> out) { FillSynthetic(name, shape, 7, out); }});
  }
  void Remove(const std::string& name) {
    std::erase_if(tensors_, [&](const TensorToWrite& tensor) { return tensor.name == name; });
  }
  void Rename(const std::function<std::string(const std::string&)>& rename) {
    for (TensorToWrite& tensor : tensors_) tensor.name = rename(tensor.name);
  }

  const std::string& Bytes() {
    bytes_.clear();
    const Status status = SerializeSafetensors({}, tensors_, [&](std::span<const std::byte> bytes) {
      bytes_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      return Status();
    });
    EXPECT_TRUE(status.ok()) << status.message();
    return bytes_;
  }
  // The model lies in this object.
  Result<ModelFile> Bind(const ModelConfig* config) {
    return BindModel(ValueOrThrow(Safetensors::Parse(BytesOf(Bytes()), "f")), config, "f");
  }

 private:
  std::vector<TensorToWrite> tensors_;
  std::string bytes_;
};

// open_clip's names for timm's, with the projection `proj` in the place of timm's classifier.
void ToOpenClip(FileMaker& maker, const std::string& proj) {
  maker.Rename([&](const std::string& name) {
    if (name.starts_with("head.fc.")) return "visual.head." + proj + name.substr(7);
    if (name.starts_with("head.pre_logits.fc.")) return "visual.head.mlp.fc1" + name.substr(18);
    return "visual.trunk." + name;
  });
}

void AddTextTower(FileMaker& maker) {
  for (const std::string name :
       {"logit_scale", "logit_bias", "text_projection", "positional_embedding", "attn_mask", "token_embedding.weight",
        "transformer.resblocks.0.attn.in_proj_weight", "transformer.resblocks.11.mlp.c_fc.bias", "ln_final.weight",
        "ln_final.bias", "text.token_embedding.weight", "text.transformer.resblocks.0.ln_1.weight"}) {
    maker.Add(name, {2});
  }
}

TEST(Binding, TimmNames) {
  const ModelConfig config = SmallConfig();
  FileMaker maker(config);
  const ModelFile model = ValueOrThrow(maker.Bind(&config));
  EXPECT_EQ(model.naming, NamingScheme::kTimm);
  EXPECT_FALSE(model.synthetic);
  EXPECT_EQ(model.weights_path, "f");
  for (const NamedShape& expected : ExpectedTensors(config)) {
    std::vector<float> truth(*ElementCount(expected.shape));
    FillSynthetic(expected.name, expected.shape, 7, truth);
    EXPECT_THAT(ValueOrThrow(ReadTensor(model, expected.name)), testing::ElementsAreArray(truth)) << expected.name;
  }
  EXPECT_EQ(ReadTensor(model, "head.pre_logits.fc.weight").status().code(), Code::kInternal);
}

TEST(Binding, OpenClipNamesWithoutTheBiasOfTheProjection) {
  const ModelConfig config = SmallConfig();
  FileMaker maker(config);
  maker.Remove("head.fc.bias");
  ToOpenClip(maker, "proj");
  AddTextTower(maker);
  const ModelFile model = ValueOrThrow(maker.Bind(&config));
  EXPECT_EQ(model.naming, NamingScheme::kOpenClip);
  EXPECT_EQ(model.tensors.at("head.fc.weight")->name, "visual.head.proj.weight");
  EXPECT_EQ(model.tensors.at("stem.0.weight")->name, "visual.trunk.stem.0.weight");
  EXPECT_EQ(model.tensors.at("head.fc.bias"), nullptr);
  EXPECT_THAT(ValueOrThrow(ReadTensor(model, "head.fc.bias")), ElementsAre(0, 0, 0));
}

TEST(Binding, OpenClipNamesWithABias) {
  const ModelConfig config = SmallConfig();
  for (const bool classifier : {false, true}) {  // timm's own classifier is the projection where open_clip has none
    FileMaker maker(config);
    if (!classifier) ToOpenClip(maker, "proj");
    if (classifier) maker.Rename([](const std::string& name) { return "visual.trunk." + name; });
    EXPECT_NE(ValueOrThrow(maker.Bind(nullptr)).tensors.at("head.fc.bias"), nullptr);
  }
}

TEST(Binding, OpenClipMlpIsPreLogits) {
  ModelConfig config = SmallConfig();
  config.head_hidden_size = 6;
  FileMaker maker(config);
  maker.Remove("head.fc.bias");
  ToOpenClip(maker, "mlp.fc2");
  const ModelFile model = ValueOrThrow(maker.Bind(nullptr));
  EXPECT_EQ(model.config.head_hidden_size, 6);
  EXPECT_EQ(model.config.num_classes, 3);
  EXPECT_EQ(model.tensors.at("head.pre_logits.fc.weight")->name, "visual.head.mlp.fc1.weight");
  EXPECT_EQ(model.tensors.at("head.fc.weight")->name, "visual.head.mlp.fc2.weight");
}

TEST(Binding, TimmNamesNeedTheBias) {
  const ModelConfig config = SmallConfig();
  FileMaker maker(config);
  maker.Remove("head.fc.bias");
  EXPECT_THAT(Refusal(maker.Bind(&config)), HasSubstr("1 tensor is not as"));
  EXPECT_THAT(Refusal(maker.Bind(&config)), HasSubstr("head.fc.bias: missing; expected [3]"));
}

TEST(Binding, OtherTensorsAreNoted) {
  const ModelConfig config = SmallConfig();
  FileMaker maker(config);
  maker.Add("logit_scale", {});
  EXPECT_THAT(ValueOrThrow(maker.Bind(&config)).config.notes,
              ElementsAre("1 tensor beside the model is not used: logit_scale"));
  for (int i = 0; i < 30; ++i) maker.Add(fmt::format("{:02}\n.weight", i), {2});
  maker.Add("00\n.bias", {2});
  const ModelFile model = ValueOrThrow(maker.Bind(&config));
  EXPECT_EQ(model.others.at("00\n.*"), 2U);
  EXPECT_THAT(model.config.notes,
              ElementsAre(AllOf(StartsWith("32 tensors beside the model are not used: 00\\x0a.* (2), 01\\x0a.weight, "),
                                HasSubstr(" and 23 more"))));
}

TEST(Binding, WithoutAConfigTheShapesTell) {
  FileMaker maker(SmallConfig());
  const ModelFile model = ValueOrThrow(maker.Bind(nullptr));
  EXPECT_EQ(model.config.architecture, "convnext");
  EXPECT_THAT(model.config.depths, ElementsAre(1, 2, 1, 1));
  EXPECT_THAT(model.config.dims, ElementsAre(4, 6, 8, 10));
  EXPECT_EQ(model.config.num_classes, 3);
  EXPECT_EQ(model.config.layer_norm_eps, 1e-6);
  EXPECT_EQ(model.config.preprocessing.image_size, (ImageSize{224, 224}));
  EXPECT_EQ(model.config.preprocessing.crop_pct, 0.875);
  EXPECT_THAT(model.config.notes, ElementsAre(AllOf(HasSubstr("a LayerNorm eps of 1e-6"), HasSubstr("224x224"),
                                                    HasSubstr("crop_pct 0.875"), HasSubstr("are assumed"))));
}

TEST(Binding, ModelsWithoutClassifier) {
  for (const int64_t hidden : {0, 5}) {
    ModelConfig config = SmallConfig();
    config.num_classes = 0;
    config.head_hidden_size = hidden;
    FileMaker maker(config);
    EXPECT_EQ(ValueOrThrow(maker.Bind(&config)).config.embedding_dim(), hidden > 0 ? 5 : 10);
    EXPECT_EQ(ValueOrThrow(maker.Bind(nullptr)).config.embedding_dim(), hidden > 0 ? 5 : 10);
  }
}

TEST(Binding, TellsExpectedAndFoundShapes) {
  const ModelConfig config = SmallConfig();
  FileMaker maker(config);
  maker.Remove("stem.1.bias");
  maker.Remove("stages.1.blocks.1.mlp.fc1.weight");
  maker.Add("stages.1.blocks.1.mlp.fc1.weight", {24, 7});
  maker.Add("stem.extra\n", {1});
  const std::string message = Refusal(maker.Bind(&config));
  EXPECT_THAT(message,
              StartsWith("f: 3 tensors are not as convnext_base with depths [1, 2, 1, 1] and dims [4, 6, 8, 10]"));
  EXPECT_THAT(message, HasSubstr("use the config.json that belongs to the weights"));
  EXPECT_THAT(message, HasSubstr("\n  stem.1.bias: missing; expected [4]"));
  EXPECT_THAT(message, HasSubstr("\n  stages.1.blocks.1.mlp.fc1.weight: [24, 7]; expected [24, 6]"));
  EXPECT_THAT(message, HasSubstr("\n  stem.extra\\x0a: [1]; not expected"));
  EXPECT_THAT(message, Not(HasSubstr("more")));
}

TEST(Binding, CountsTheFaultsBeyondTen) {
  const ModelConfig config = SmallConfig();
  FileMaker maker(config);
  for (int i = 0; i < 300; ++i) {
    maker.Add(fmt::format("stem.{:03}", i) + std::string(5000, '\x1b'), {1, 1, 1, 1, 1, 1, 1, 1});
  }
  const std::string message = Refusal(maker.Bind(&config));
  EXPECT_THAT(message, HasSubstr("300 tensors are not as"));
  EXPECT_THAT(message, HasSubstr("\n  and 290 more"));
  EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 11);
}

// Every part of the message as long as it can be.
TEST(Binding, AMessageStaysShort) {
  ModelConfig config;
  config.depths = {100, 100, 100, 100};
  config.dims = {50001, 50002, 50003, 50004};
  FileMaker maker;
  maker.Add("stem.0.weight", {1});
  for (const NamedShape& expected : ExpectedTensors(config)) {
    if (expected.name == "stem.0.weight") continue;
    maker.Add(expected.name, {0, int64_t{1} << 62, int64_t{1} << 62, int64_t{1} << 62, int64_t{1} << 62});
  }
  const std::string path(3000, 'p');
  const auto bound = BindModel(ValueOrThrow(Safetensors::Parse(BytesOf(maker.Bytes()), path)), &config, path);
  EXPECT_THAT(Refusal(bound), HasSubstr("more"));  // Refusal looks at the length
}

TEST(Binding, TwoTensorsForOnePlaceAreOneTooMany) {
  const ModelConfig config = SmallConfig();
  FileMaker maker(config);
  ToOpenClip(maker, "proj");
  maker.Add("visual.trunk.head.fc.weight", {3, 10});
  EXPECT_THAT(Refusal(maker.Bind(&config)), AllOf(HasSubstr("1 tensor is"), HasSubstr("not expected")));
}

TEST(Binding, RefusesOtherVariantsByName) {
  const auto refusal = [](const std::string& name, const Shape& shape) {
    FileMaker maker(SmallConfig());
    maker.Remove(name);
    maker.Add(name, shape);
    return Refusal(maker.Bind(nullptr));
  };
  EXPECT_THAT(refusal("stages.0.blocks.0.mlp.grn.weight", {16}),
              HasSubstr("ConvNeXt V2 (GRN), which is not supported; use"));
  EXPECT_THAT(refusal("norm_pre.weight", {10}), HasSubstr("(head_norm_first), which is not supported; use"));
  EXPECT_THAT(refusal("stem.2.weight", {4}), HasSubstr("overlapping stem (stem_type \"overlap...\")"));
  EXPECT_THAT(refusal("stages.0.blocks.0.mlp.fc1.weight", {16, 4, 1, 1}),
              HasSubstr("(conv_mlp), which is not supported"));
}

TEST(Binding, RefusesOtherModels) {
  FileMaker vit;
  vit.Add("blocks.0.attn.qkv.weight", {2});
  EXPECT_THAT(Refusal(vit.Bind(nullptr)),
              AllOf(HasSubstr("no weights of a ConvNeXt"), HasSubstr("among 1 tensor (the first"),
                    HasSubstr("give a ConvNeXt image tower")));
  FileMaker nothing;
  EXPECT_THAT(Refusal(nothing.Bind(nullptr)), HasSubstr("among 0 tensors;"));
  FileMaker some(SmallConfig());
  some.Remove("stages.2.blocks.0.conv_dw.weight");
  EXPECT_THAT(Refusal(some.Bind(nullptr)), HasSubstr("no tensor stages.2.blocks.0.conv_dw.weight of shape"));
}

TEST(OpenModel, FindsTheFiles) {
  const TemporaryDirectory directory;
  FileMaker maker(SmallConfig());
  WriteText(directory / "open_clip_model.safetensors", maker.Bytes());
  EXPECT_THAT(ValueOrThrow(OpenModel(directory.path())).config.notes,
              ElementsAre(HasSubstr("no config beside the weights")));
  WriteText(directory / "config.json", ConfigJson(SmallConfig()));
  WriteText(directory / "model.safetensors", maker.Bytes());
  for (const std::string& path : {directory.path(), directory / "model.safetensors"}) {
    const ModelFile model = ValueOrThrow(OpenModel(path));
    EXPECT_EQ(model.weights_path, directory / "model.safetensors");
    EXPECT_EQ(model.config_path, directory / "config.json");
    EXPECT_EQ(model.config.architecture, "convnext_base");
    EXPECT_THAT(model.config.notes, IsEmpty());
  }
}

// Each library takes the first file of its own list (timm/models/_hub.py, open_clip/factory.py).
TEST(OpenModel, TakesTheFileThatTheLibraryTakes) {
  const auto said = [](const std::string& config, const std::vector<std::string>& names) {
    TemporaryDirectory directory;
    WriteText(directory / config, "{}");
    for (const std::string& name : names) WriteText(directory / name, "not one");
    return Refusal(OpenModel(directory.path()));
  };
  const std::string timm = "config.json", open_clip = "open_clip_config.json";
  EXPECT_THAT(said(timm, {"model.safetensors", "open_clip_model.safetensors"}), HasSubstr("/model.safetensors"));
  EXPECT_THAT(said(open_clip, {"model.safetensors", "open_clip_model.safetensors"}),
              HasSubstr("/open_clip_model.safetensors"));
  EXPECT_THAT(said(open_clip, {"model.safetensors", "open_clip_pytorch_model.bin"}),
              AllOf(HasSubstr("open_clip takes the first, a pickle"), HasSubstr("/model.safetensors")));
  EXPECT_THAT(said(timm, {"pytorch_model.bin", "open_clip_model.safetensors"}), HasSubstr("timm takes the first"));
  EXPECT_THAT(said(timm, {"pytorch_model.bin", "model.safetensors"}), HasSubstr("/model.safetensors"));
  EXPECT_THAT(said(timm, {"pytorch_model.bin", "ema.safetensors"}), HasSubstr("there is ema.safetensors"));
}

TEST(OpenModel, TellsWhatIsThereInstead) {
  const TemporaryDirectory directory;
  EXPECT_THAT(Refusal(OpenModel(directory / "absent")),
              HasSubstr("no such file or directory; give a model's directory"));
  EXPECT_THAT(Refusal(OpenModel(directory.path())),
              HasSubstr("no weights in this directory; expected model.safetensors"));
  WriteText(directory / "model.safetensors.index.json", "{}");
  EXPECT_THAT(Refusal(OpenModel(directory.path())), HasSubstr("not an index of shards"));
  std::filesystem::remove(directory / "model.safetensors.index.json");
  WriteText(directory / "other.safetensors", "");
  EXPECT_THAT(Refusal(OpenModel(directory.path())), HasSubstr("there is other.safetensors: name the file itself"));
  WriteText(directory / "pytorch_model.bin", "PK\x03\x04........");
  EXPECT_THAT(Refusal(OpenModel(directory.path())), AllOf(HasSubstr("only pytorch_model.bin, a pickle"),
                                                          HasSubstr("Download model.safetensors, or convert it")));
  EXPECT_THAT(Refusal(OpenModel(directory / "pytorch_model.bin")), HasSubstr("a PyTorch checkpoint"));
}

TEST(OpenModel, NamesTheConfigThatIsWrong) {
  const TemporaryDirectory directory;
  WriteText(directory / "model.safetensors", FileMaker(SmallConfig()).Bytes());
  WriteText(directory / "config.json", "{\"model_type\": \"convnext\"}");
  EXPECT_THAT(Refusal(OpenModel(directory.path())), HasSubstr("/config.json: neither timm's config.json"));
}

}  // namespace
}  // namespace convnext
