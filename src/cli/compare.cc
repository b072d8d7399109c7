// convnext compare: two arrays of embeddings row by row, or two pictures by their embeddings.
#include <algorithm>
#include <limits>

#include "cli/options.h"
#include "convnext/engine.h"
#include "convnext/eval/eval.h"

namespace convnext::cli {
namespace {

constexpr const char* kCompareExamples = R"(Examples:
  convnext compare reference.npy embeddings.npy
  convnext compare reference.npy embeddings.npy --threshold_pct 0.0002
  convnext compare cat.jpg dog.jpg --model_path weights/convnext_base.clip_laion2b

Relative errors are |A - B| / max|A| of the row, in percent; SNR is 10 log10(mean A^2 / mean (A - B)^2). A channel is a
place on the second axis; its error is |A - B| / max|A| of that channel in all rows, or of the median channel if that is
larger.)";

struct CompareArguments {
  std::string a, b;
  EngineOptions engine;
  double threshold_pct = 0;
  bool has_threshold = false;
};

bool IsNpy(const std::string& path) { return path.ends_with(".npy"); }

void PrintRow(const std::string& name, const Metrics& m) {
  PrintOut("{:<6} max_rel_error {:.3e} %  mean_rel_error {:.3e} %  cosine {:.10f}  SNR {:.2f} dB\n", name,
           m.max_rel_error_pct, m.mean_rel_error_pct, m.cosine_similarity, m.snr_db);
}

// Rows run along the first axis; an array of one axis is one row.
Result<int> CompareArrays(const CompareArguments& arguments) {
  const auto a = ReadNpy(arguments.a), b = ReadNpy(arguments.b);
  if (!a.ok()) return a.status();
  if (!b.ok()) return b.status();
  const Shape& shape = a->tensor.shape;
  if (shape != b->tensor.shape) {
    return Invalid("the shapes differ: {} has {}, {} has {}", Printable(arguments.a), ShapeText(shape),
                   Printable(arguments.b), ShapeText(b->tensor.shape));
  }
  if (a->tensor.data.empty()) return Invalid("{}: shape {} holds no numbers", Printable(arguments.a), ShapeText(shape));
  const size_t rows = shape.size() > 1 ? static_cast<size_t>(shape[0]) : 1, size = a->tensor.data.size() / rows;
  PrintOut("A {} {}, B {} {}\n", a->dtype, ShapeText(shape), b->dtype, ShapeText(shape));
  double worst = 0, least_cosine = std::numeric_limits<double>::infinity();
  for (size_t row = 0; row < rows; ++row) {
    const Metrics m = Compare({a->tensor.data.data() + row * size, size}, {b->tensor.data.data() + row * size, size});
    PrintRow(std::to_string(row), m);
    worst = LargerOrNan(worst, m.max_rel_error_pct);
    least_cosine = -LargerOrNan(-least_cosine, -m.cosine_similarity);
  }
  const size_t channels = shape.empty() ? 1 : static_cast<size_t>(shape[shape.size() > 1 ? 1 : 0]);
  const ChannelError channel = WorstChannel(a->tensor.data, b->tensor.data, rows, channels);
  PrintOut("largest max_rel_error {:.3e} %, least cosine {:.10f}\n", worst, least_cosine);
  PrintOut("worst channel {}: {:.3e} % of {:.6g}\n", channel.channel, channel.rel_error_pct, channel.measure);
  if (!arguments.has_threshold) return static_cast<int>(kDone);
  const bool pass = worst <= arguments.threshold_pct;
  PrintOut("{}: {} {} %\n", pass ? "PASS" : "FAIL", pass ? "within" : "not within", arguments.threshold_pct);
  return static_cast<int>(pass ? kDone : kVerdictFailed);
}

Result<int> ComparePictures(CompareArguments arguments) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto model_path, ModelPath(arguments.engine.model_path));
  arguments.engine.model_path = model_path;
  CONVNEXT_ASSIGN_OR_RETURN(auto engine, OpenEngine(arguments.engine));
  InferenceOptions options;
  options.images = {arguments.a, arguments.b};
  options.fail_fast = true;
  CONVNEXT_ASSIGN_OR_RETURN(const auto result, RunInference(engine, options));
  if (result.images.size() != 2) return Invalid("expected two pictures, got {}", result.images.size());
  for (const std::string& warning : result.warnings) Warn(warning);
  const std::vector<double> values(result.embeddings.begin(), result.embeddings.end());
  const size_t dim = values.size() / 2;
  const Metrics m = Compare({values.data(), dim}, {values.data() + dim, dim});
  PrintOut("cosine similarity {:.8f}\n", m.cosine_similarity);
  if (engine.model().synthetic) PrintOut("SYNTHETIC WEIGHTS: this similarity means nothing\n");
  return static_cast<int>(kDone);
}

Result<int> CompareFiles(const CompareArguments& arguments) {
  if (IsNpy(arguments.a) != IsNpy(arguments.b)) {
    return Invalid("{} and {}: expected two .npy files or two pictures", Printable(arguments.a),
                   Printable(arguments.b));
  }
  return IsNpy(arguments.a) ? CompareArrays(arguments) : ComparePictures(arguments);
}

}  // namespace

void AddCompare(CLI::App& app, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("compare", "Compare two .npy files row by row, or the embeddings of two pictures");
  command->footer(kCompareExamples);
  auto arguments = std::make_shared<CompareArguments>();
  CompareArguments& a = *arguments;
  command->add_option("A", a.a, "the reference: FILE.npy or a picture")->required();
  command->add_option("B", a.b, "what is compared with it")->required();
  command->add_option(Flag("--model_path"), a.engine.model_path,
                      std::string("the model, for pictures [") + kDefaultModelPath + "]");
  command->add_option("--device", a.engine.backend.device, "the device, for pictures")->capture_default_str();
  command->add_option("--threads", a.engine.backend.threads, "threads, for pictures [the cores this process may use]")
      ->check(InBounds(kThreadCounts));
  AddExifOrientation(*command, a.engine.decode.orientation);
  auto* threshold = command->add_option(Flag("--threshold_pct"), a.threshold_pct,
                                        "exit with 1 if the largest max_rel_error of .npy files is above this");
  threshold->check(InBounds(Bounds<double>{0, 1e9}));
  command->callback([arguments, threshold, &exit_code] {
    arguments->has_threshold = threshold->count() > 0;
    const auto code = CompareFiles(*arguments);
    exit_code = code.ok() ? *code : Fail(code.status());
  });
}

}  // namespace convnext::cli
