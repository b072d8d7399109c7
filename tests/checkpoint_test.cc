// Checkpoints as training leaves them, held to the embeddings of the modules that they come from
// (tests/data/checkpoints/make_checkpoints.py): prefixes, other libraries' names, other tensors, data types, shards.
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "test_util.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string DataPath(const std::string& path) {
  return std::string(kSourceDirectory) + "/tests/data/checkpoints/" + path;
}

// A safetensors file that is put together tensor by tensor, of any data type.
class FileMaker {
 public:
  void Add(const std::string& name, const std::string& dtype, const Shape& shape, std::string_view bytes) {
    header_[name] = {{"dtype", dtype}, {"shape", shape}, {"data_offsets", {data_.size(), data_.size() + bytes.size()}}};
    data_ += bytes;
  }
  void Add(const std::string& name, const StoredTensor& tensor) {
    Add(name, tensor.dtype, tensor.shape, {reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size()});
  }
  std::string Bytes() const {
    const std::string text = header_.dump();
    const uint64_t length = text.size();
    return std::string(reinterpret_cast<const char*>(&length), sizeof length) + text + data_;
  }

 private:
  Json header_ = Json::object();
  std::string data_;
};

const Json& Cases() {
  static const Json json = Json::parse(ReadText(DataPath("cases.json")));
  return json;
}

const Safetensors& Base() {
  static const Safetensors file = ValueOrThrow(Safetensors::Open(DataPath("base.safetensors")));
  return file;
}

ModelConfig Config() { return ValueOrThrow(ParseConfig(ReadText(DataPath("config.json")), "config.json")); }

std::string Build(const Json& one) {
  FileMaker maker;
  for (const auto& [rest, source] : Cases()["layouts"][one["layout"].get<size_t>()].items())
    maker.Add(one["beginning"].get<std::string>() + rest, *Base().Find(source.get<std::string>()));
  for (const auto& [name, other] : one["other"].items()) {
    const Shape shape = other[1];
    const std::string dtype = other[0];
    const size_t size = dtype == "BOOL" ? 1 : dtype == "I64" ? 8 : 4;
    maker.Add(name, dtype, shape, std::string(*ElementCount(shape) * size, '\x3f'));
  }
  return maker.Bytes();
}

std::vector<float> Embed(const ModelFile& model, const std::string& device) {
  const PreparedImage image = ValueOrThrow(ReadPreparedImages(DataPath("input.npy"))).front();
  EngineOptions options;
  options.backend.device = device;
  options.backend.threads = 1;
  Engine engine = ValueOrThrow(LoadEngine(model, options));
  std::vector<float> embedding(static_cast<size_t>(engine.embedding_dim()));
  const Status status = engine.Embed({image.data, 1, image.height, image.width}, embedding).status();
  EXPECT_TRUE(status.ok()) << status.message();
  return embedding;
}

void ExpectEmbedding(const ModelFile& model, const Json& embedding, const std::string& name) {
  const auto values = embedding.get<std::vector<double>>();
  const Tensor<double> truth{{1, static_cast<int64_t>(values.size())},
                             AlignedVector<double>(values.begin(), values.end())};
  EXPECT_LE(LargestErrorPct<float>(truth, Embed(model, "cpu")), 2e-4) << name;
  EXPECT_LE(LargestErrorPct<float>(truth, Embed(model, "cpu-reference")), 1.2e-5) << name;
}

void ExpectDescription(const ModelFile& model, const Json& one) {
  const std::string name = one["name"];
  EXPECT_EQ(Name(model.naming), one["naming"]) << name;
  EXPECT_EQ(model.prefix, one["prefix"]) << name;
  size_t count = 0;
  for (const auto& other : model.others) count += other.second;
  if (one.contains("others")) {
    EXPECT_EQ(Json(model.others), Json(one["others"].get<std::map<std::string, size_t>>())) << name;
  }
  if (one.contains("other_tensors")) {
    EXPECT_EQ(count, one["other_tensors"].get<size_t>()) << name;
  }
  const auto notes = model.config.notes;
  if (one.contains("note")) {
    EXPECT_THAT(notes, Contains(HasSubstr(one["note"].get<std::string>()))) << name;
  }
  EXPECT_EQ(testing::Matches(Contains(HasSubstr("beside the model")))(notes), count > 0) << name;
}

void Check(const Json& one, const ModelConfig* config) {
  const std::string name = one["name"];
  const std::string bytes = Build(one);
  const auto model = BindModel(ValueOrThrow(Safetensors::Parse(BytesOf(bytes), "f")), config, "f");
  if (one.contains("refusal")) {
    const std::string refusal = Refusal(model);
    for (const std::string words : one["refusal"]) EXPECT_THAT(refusal, HasSubstr(words)) << name;
    return;
  }
  ASSERT_TRUE(model.ok()) << name << ": " << model.status().message();
  ExpectDescription(*model, one);
  ExpectEmbedding(*model, one["embedding"], name);
}

TEST(Checkpoints, EveryNameAndPrefix) {
  const ModelConfig config = Config();
  for (const Json& one : Cases()["cases"]) {
    Check(one, nullptr);
    if (one.value("config", true)) Check(one, &config);
  }
}

TEST(Checkpoints, DataTypesAndShards) {
  const Json files = Json::parse(ReadText(DataPath("files.json")));
  for (const auto& [path, embedding] : files.items()) {
    const ModelFile model = ValueOrThrow(OpenModel(DataPath(path)));
    ExpectEmbedding(model, embedding, path);
    EXPECT_EQ(model.file.shards().empty(), path.starts_with("dtypes")) << path;
  }
}

// Rounding to nearest, ties to even, and what float32 cannot hold.
TEST(Checkpoints, Float64IsRounded) {
  const auto convert = [](double value) {
    FileMaker maker;
    maker.Add("t", "F64", {1}, {reinterpret_cast<const char*>(&value), sizeof value});
    const std::string bytes = maker.Bytes();
    const Safetensors file = ValueOrThrow(Safetensors::Parse(BytesOf(bytes), "f"));
    float converted = 0;
    const Status status = ToFloat32(*file.Find("t"), {&converted, 1});
    return status.ok() ? Result<float>(converted) : Result<float>(status);
  };
  EXPECT_EQ(ValueOrThrow(convert(0.1)), 0.1f);
  EXPECT_EQ(ValueOrThrow(convert(1 + 0x1p-24)), 1.0f);
  EXPECT_EQ(ValueOrThrow(convert(1 + 3 * 0x1p-24)), 1.0f + 0x1p-22f);
  EXPECT_EQ(ValueOrThrow(convert(0x1p-150)), 0.0f);
  EXPECT_EQ(ValueOrThrow(convert(-0x1.8p-149)), -0x1p-148f);
  EXPECT_EQ(ValueOrThrow(convert(0x1.fffffefp127)), std::numeric_limits<float>::max());
  EXPECT_THAT(Refusal(convert(0x1.ffffffp127)),
              AllOf(HasSubstr("tensor \"t\" holds 3.40282"), HasSubstr("more than float32 can hold")));
  EXPECT_THAT(Refusal(convert(-1e300)), HasSubstr("tensor \"t\" holds -1e+300 at index 0, more than float32 can hold"));
  EXPECT_THAT(Refusal(convert(std::numeric_limits<double>::infinity())),
              HasSubstr("holds inf at index 0; weights must"));
  EXPECT_THAT(Refusal(convert(std::nan(""))), HasSubstr("holds nan at index 0; weights must be finite"));
}

// The definition is in docs/models.md.
class ShardDigest : public ShellTest {};
TEST_F(ShardDigest, IsThatOfTheirDigests) {
  for (const std::string folder : {"plain", "prefix", "open_clip"}) {
    const ModelFile model = ValueOrThrow(OpenModel(DataPath("shards/" + folder)));
    const std::string command =
        "cd " + DataPath("shards/" + folder) + " && LC_ALL=C sha256sum *.safetensors | sha256sum";
    EXPECT_EQ(Shell(command).out.substr(0, 64), model.file.Sha256()) << folder;
  }
}

// A copy of a folder of shards, to be damaged.
class Shards : public testing::Test {
 protected:
  Shards() {
    std::filesystem::copy(DataPath("shards/plain"), directory_.path());
    index_ = Json::parse(ReadText(IndexPath()));
  }
  std::string IndexPath() const { return directory_ / "model.safetensors.index.json"; }
  std::string RefusalOfIndex() {
    WriteText(IndexPath(), index_.dump());
    return Refusal(OpenModel(directory_.path()));
  }
  static std::string Shard(int number) { return fmt::format("model-{:05}-of-00004.safetensors", number); }

  TemporaryDirectory directory_;
  Json index_;
};

TEST_F(Shards, OpenByDirectoryAndByIndex) {
  const ModelFile by_directory = ValueOrThrow(OpenModel(directory_.path()));
  const ModelFile by_index = ValueOrThrow(OpenModel(IndexPath()));
  EXPECT_EQ(by_directory.weights_path, IndexPath());
  EXPECT_EQ(by_directory.file.Sha256(), by_index.file.Sha256());
  EXPECT_THAT(by_directory.file.shards(), ElementsAre(Shard(1), Shard(2), Shard(3), Shard(4)));
  WriteText(directory_ / "config.json", ReadText(DataPath("config.json")));
  EXPECT_EQ(ValueOrThrow(OpenModel(IndexPath())).config_path, directory_ / "config.json");
  // One whole file goes before shards.
  std::filesystem::copy(DataPath("dtypes/F16.safetensors"), directory_ / "model.safetensors");
  EXPECT_THAT(ValueOrThrow(OpenModel(directory_.path())).file.shards(), IsEmpty());
}

TEST_F(Shards, AShardAloneIsRefused) {
  EXPECT_THAT(Refusal(OpenModel(directory_ / Shard(1))),
              HasSubstr("one shard of model.safetensors.index.json; name that"));
  std::filesystem::remove(IndexPath());
  EXPECT_THAT(Refusal(OpenModel(directory_.path())),
              HasSubstr("there is " + Shard(1) + ", a shard without its index: get model.safetensors.index.json too"));
  EXPECT_THAT(Refusal(OpenModel(directory_ / Shard(1))), HasSubstr("cannot be told"));
}

TEST_F(Shards, MissingAndDamagedShards) {
  std::filesystem::remove(directory_ / Shard(2));
  EXPECT_THAT(RefusalOfIndex(), AllOf(HasSubstr("model.safetensors.index.json: the shard " + Shard(2) + " with "),
                                      HasSubstr("is missing: get it too")));
  WriteText(directory_ / Shard(2), "version https://git-lfs.github.com/spec/v1\n");
  EXPECT_THAT(RefusalOfIndex(), AllOf(HasSubstr(Shard(2)), HasSubstr("git-lfs pointer")));
  std::filesystem::remove(directory_ / Shard(2));
  std::filesystem::create_directory(directory_ / Shard(2));
  EXPECT_THAT(RefusalOfIndex(), HasSubstr("Is a directory"));
}

TEST_F(Shards, FileNamesThatLeaveTheDirectory) {
  std::filesystem::create_directory(directory_ / "in");
  std::filesystem::copy(directory_ / Shard(1), directory_ / "in/x.safetensors");
  for (const std::string name : {"../x.safetensors", "/etc/x.safetensors", "in/x.safetensors", "./x.safetensors", "",
                                 "..\\x.safetensors", "a\nb.safetensors", "a\x7f.safetensors"}) {
    index_["weight_map"]["stem.0.bias"] = name;
    EXPECT_THAT(RefusalOfIndex(), HasSubstr("expected the name of a file beside the index")) << name;
  }
  for (const std::string name : {"model.bin", "..", ".", "model.safetensors.bin"}) {
    index_["weight_map"]["stem.0.bias"] = name;
    EXPECT_THAT(RefusalOfIndex(), HasSubstr("is no .safetensors file; pickles can run code")) << name;
  }
}

TEST_F(Shards, IndexAndShardsThatDiffer) {
  const Json good = index_;
  index_["weight_map"]["stem.0.bias"] = good["weight_map"]["stem.0.bias"] == Shard(1) ? Shard(2) : Shard(1);
  EXPECT_THAT(RefusalOfIndex(), AllOf(HasSubstr("holds the tensor \"stem.0.bias\", which the index places in"),
                                      HasSubstr("they do not belong together")));
  index_ = good;
  index_["weight_map"].erase("stem.0.bias");
  EXPECT_THAT(RefusalOfIndex(), HasSubstr("holds the tensor \"stem.0.bias\", which the index does not name"));
  index_ = good;
  index_["weight_map"]["stem.9.bias"] = Shard(3);
  EXPECT_THAT(RefusalOfIndex(),
              HasSubstr("the index places the tensor \"stem.9.bias\" in " + Shard(3) + ", which does not hold it"));
  // The same tensors twice: a shard under another name beside it.
  index_ = good;
  std::filesystem::copy(directory_ / Shard(1), directory_ / "other.safetensors");
  index_["weight_map"]["stem.9.bias"] = "other.safetensors";
  EXPECT_THAT(RefusalOfIndex(), HasSubstr("other.safetensors holds the tensor"));
}

TEST_F(Shards, WrongIndexes) {
  const auto refusal = [&](const std::string& text) {
    WriteText(IndexPath(), text);
    return Refusal(OpenModel(directory_.path()));
  };
  for (const std::string text :
       {"[]", "{}", "3", R"({"weight_map": []})", R"({"weight_map": null})", R"({"metadata": {}})"})
    EXPECT_THAT(refusal(text), HasSubstr("not an index of shards: no \"weight_map\"")) << text;
  EXPECT_THAT(refusal(R"({"weight_map": {}})"), HasSubstr("names no tensor"));
  EXPECT_THAT(refusal(R"({"weight_map": {"a": 1}})"), HasSubstr("the file of \"a\" is not a string"));
  EXPECT_THAT(refusal(R"({"weight_map": {"a": "x.safetensors", "a": "y.safetensors"}})"), HasSubstr("stands twice"));
  EXPECT_THAT(refusal("{\"weight_map\": {"), HasSubstr("not valid JSON"));
  EXPECT_THAT(refusal(""), HasSubstr("JSON"));
  Json many = Json::object();
  for (int i = 0; i < 1001; ++i) many["weight_map"][std::to_string(i)] = std::to_string(i) + ".safetensors";
  EXPECT_THAT(refusal(many.dump()), HasSubstr("1001 shards; at most 1000 are read"));
}

// The tensors of the base model by timm's names.
std::map<std::string, const StoredTensor*> BaseModel() {
  constexpr std::string_view kFolder = "base/";
  std::map<std::string, const StoredTensor*> tensors;
  for (const StoredTensor& tensor : Base().tensors()) {
    if (tensor.name.starts_with(kFolder)) tensors[tensor.name.substr(kFolder.size())] = &tensor;
  }
  return tensors;
}

// timm takes "module." and "_orig_mod." off every name; of two tensors with one name the last in the file counts.
TEST(Wrappers, TwoModelsThatTimmWouldMixAreRefused) {
  const ModelConfig config = Config();
  for (const std::string wrapper : {"module.", "_orig_mod.", "_orig_mod.module."}) {
    for (const bool whole : {true, false}) {
      FileMaker maker;
      for (const auto& [name, tensor] : BaseModel()) {
        maker.Add(name, *tensor);
        if (whole || name.starts_with("head.")) maker.Add(wrapper + name, *tensor);
      }
      const std::string bytes = maker.Bytes();
      EXPECT_THAT(Refusal(BindModel(ValueOrThrow(Safetensors::Parse(BytesOf(bytes), "f")), &config, "f")),
                  HasSubstr("timm would mix"))
          << wrapper << whole;
    }
  }
}

// The names of a projection with a bias, beside a trunk: timm 1.0.31 takes zeros for it, open_clip 3.3.0 the bias.
TEST(Projection, ItsBiasIsZeroBesideAConfigOfTimms) {
  FileMaker maker;
  for (const auto& [name, tensor] : BaseModel()) {
    const bool head = name.starts_with("head.fc.");
    maker.Add(head ? "visual.head.proj." + name.substr(8) : "visual.trunk." + name, *tensor);
  }
  const std::string bytes = maker.Bytes();
  ModelConfig config = Config();
  const auto bind = [&] {
    return ValueOrThrow(BindModel(ValueOrThrow(Safetensors::Parse(BytesOf(bytes), "f")), &config, "f"));
  };
  const ModelFile timms = bind();
  EXPECT_EQ(timms.tensors.at("head.fc.bias"), nullptr);
  EXPECT_THAT(timms.config.notes, Contains(HasSubstr("visual.head.proj.bias is not used")));
  config.is_timms = false;
  const ModelFile open_clips = bind();
  EXPECT_NE(open_clips.tensors.at("head.fc.bias"), nullptr);
}

// Zeros where a download stopped, in a file that had its full size before.
class HalfWritten : public testing::Test {
 protected:
  // The message or the note about the base model's file with `count` zeros that end `before_end` bytes before its end.
  std::string Said(size_t count, size_t before_end) {
    std::string bytes = ReadText(DataPath("dtypes/F64.safetensors"));
    std::fill(bytes.end() - static_cast<ptrdiff_t>(before_end + count),
              bytes.end() - static_cast<ptrdiff_t>(before_end), '\0');
    const auto model = BindModel(ValueOrThrow(Safetensors::Parse(BytesOf(bytes), "f")), nullptr, "f");
    if (!model.ok()) return "error: " + Refusal(model);
    return model->config.notes.size() > 1 ? model->config.notes[1] : "";
  }
};

TEST_F(HalfWritten, ZerosAtTheEndAreAnError) {
  EXPECT_THAT(Said(2000, 0),
              AllOf(HasSubstr("error: f: the last 2000 bytes of the file are zero, and with them whole tensors"),
                    HasSubstr("stem."), HasSubstr("get it again")));
  EXPECT_EQ(Said(0, 0), "");
  EXPECT_EQ(Said(8, 0), "");  // a part of a tensor
}

TEST_F(HalfWritten, ZerosInsideAreSaid) {
  EXPECT_THAT(Said(9000, 8000), HasSubstr("zero throughout: the model was pruned, or the file is damaged: "));
}

// Where the last tensor is larger than what is missing of the file.
TEST_F(HalfWritten, ZerosFromInsideATensorAreSaid) {
  const std::string last = "stages.3.blocks.0.mlp.fc1.weight";
  FileMaker maker;
  for (const StoredTensor& tensor : Base().tensors()) {
    const std::string name = tensor.name.substr(5);
    if (tensor.name.starts_with("base/") && name != last) maker.Add(name, tensor);
  }
  maker.Add(last, "F64", {40, 10}, std::string(320, 'x') + std::string(2880, '\0'));
  const auto notes = [&] {
    const std::string bytes = maker.Bytes();
    return ValueOrThrow(BindModel(ValueOrThrow(Safetensors::Parse(BytesOf(bytes), "f")), nullptr, "f")).config.notes;
  };
  EXPECT_EQ(notes().size(), 1U);  // less than a page
  maker.Add("z", "U8", {5000}, std::string(5000, '\0'));
  EXPECT_THAT(notes(), Contains(HasSubstr("zeros from inside a tensor to the end of the file: the model was pruned, or "
                                          "the file is damaged: stages.3.blocks.0.mlp.fc1.weight")));
}

TEST_F(HalfWritten, BiasesAndLayerScalesMayBeZero) {
  FileMaker maker;
  for (const StoredTensor& tensor : Base().tensors()) {
    if (!tensor.name.starts_with("base/")) continue;
    const std::string name = tensor.name.substr(5);
    const bool zero = name.ends_with("bias") || name.ends_with("gamma");
    if (zero) maker.Add(name, tensor.dtype, tensor.shape, std::string(tensor.bytes.size(), '\0'));
    if (!zero) maker.Add(name, tensor);
  }
  const std::string bytes = maker.Bytes();
  const ModelConfig config = Config();
  EXPECT_THAT(ValueOrThrow(BindModel(ValueOrThrow(Safetensors::Parse(BytesOf(bytes), "f")), &config, "f")).config.notes,
              IsEmpty());
}

TEST_F(HalfWritten, AFileOfZerosIsNamed) {
  EXPECT_THAT(Refusal(Safetensors::Parse(BytesOf(std::string(100, '\0')), "f")),
              HasSubstr("the file begins with zeros"));
}

}  // namespace
}  // namespace convnext
