// convnext preprocess: what the model sees of a picture.
#include "cli/files.h"
#include "cli/options.h"
#include "convnext/engine.h"

namespace convnext::cli {
namespace {

constexpr const char* kPreprocessExamples = R"(Examples:
  convnext preprocess --image_path photo.jpg --output seen.png
  convnext preprocess --model_path weights/m --image_path photo.jpg --output input.npy
  convnext infer --model_path weights/m --image_path input.npy)";

struct PreprocessArguments {
  std::string model_path, image_path, output;
  std::optional<ImageSize> image_size;
  DecodeOptions decode;
};

Status WriteTensor(const std::string& path, const Pixels& pixels, const Preprocessing& preprocessing) {
  AlignedVector<float> nhwc(pixels.data.size()), nchw(nhwc.size());
  Normalize(pixels, preprocessing, nhwc);
  NhwcToNchw({.pixels = int64_t{pixels.width} * pixels.height}, nhwc.data(), nchw.data());
  return WriteNpy(path, Shape{1, 3, pixels.height, pixels.width}, nchw);
}

Result<Preprocessing> ModelPreprocessing(const PreprocessArguments& arguments) {
  Preprocessing preprocessing;
  if (!arguments.model_path.empty()) {
    CONVNEXT_ASSIGN_OR_RETURN(const auto model, OpenModel(arguments.model_path));
    preprocessing = model.config.preprocessing;
  }
  if (arguments.image_size) preprocessing.image_size = *arguments.image_size;
  return preprocessing;
}

Status Preprocess(const PreprocessArguments& arguments) {
  CommandFiles files;
  if (!arguments.model_path.empty()) files.ReadsModel(arguments.model_path);
  files.ReadsPictures({arguments.image_path});
  files.Writes("--output", arguments.output, {".png", ".npy"});
  CONVNEXT_RETURN_IF_ERROR(files.Check());
  CONVNEXT_ASSIGN_OR_RETURN(const auto preprocessing, ModelPreprocessing(arguments));
  CONVNEXT_ASSIGN_OR_RETURN(const auto loaded,
                            Preprocessor(preprocessing, arguments.decode).Load(arguments.image_path));
  CONVNEXT_RETURN_IF_ERROR(arguments.output.ends_with(".npy")
                               ? WriteTensor(arguments.output, loaded.pixels, preprocessing)
                               : WritePng(arguments.output, loaded.pixels));
  for (const std::string& warning : loaded.decoded.warnings) Warn(warning);
  PrintOut("{}: {} {}x{} -> {}x{}\nwrote {}\n", Printable(arguments.image_path, 1000), loaded.decoded.format,
           loaded.decoded.pixels.width, loaded.decoded.pixels.height, loaded.pixels.width, loaded.pixels.height,
           Printable(arguments.output, 1000));
  return {};
}

}  // namespace

void AddPreprocess(CLI::App& app, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("preprocess", "Write what the model sees of a picture, as PNG or as the normalised tensor");
  command->footer(kPreprocessExamples);
  auto arguments = std::make_shared<PreprocessArguments>();
  PreprocessArguments& a = *arguments;
  command->add_option(Flag("--model_path"), a.model_path, "the model whose preprocessing to use [CLIP's, 256 pixels]");
  command->add_option(Flag("--image_path"), a.image_path, "a picture (" + PictureFormatNames() + ")")->required();
  command->add_option("--output", a.output, "FILE.png, or FILE.npy with float32 [1,3,H,W]")->required();
  AddImageSize(*command, a.image_size, {1, kMaxImageSize});
  AddDecoding(*command, a.decode);
  command->callback([arguments, &exit_code] {
    const Status status = Preprocess(*arguments);
    exit_code = status.ok() ? kDone : Fail(status);
  });
}

}  // namespace convnext::cli
