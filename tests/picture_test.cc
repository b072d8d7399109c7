// RenderPicture: what it writes, that it writes it always the same way, and that nothing is too odd for it.
#include "convnext/picture/picture.h"

#include <sys/resource.h>

#include <cmath>
#include <limits>

#include "convnext/picture/axis.h"
#include "convnext/picture/lines.h"
#include "convnext/picture/render.h"
#include "test_util.h"

#ifdef __SANITIZE_THREAD__
// Cairo's built-in fonts take its locks in two orders, which is why RenderPicture draws one picture at a time.
extern "C" const char* __tsan_default_suppressions() { return "deadlock:libcairo.so\n"; }
#endif

namespace convnext {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Chart Errors() {
  return {.title = "Relative error",
          .x_label = "picture",
          .y_label = "%",
          .labels = {"a.jpg", "b.png"},
          .values = {2e-5, 1.25e-4},
          .log_scale = true,
          .limit = 1.0,
          .limit_label = "limit 1 %"};
}

Picture PictureOf(std::vector<double> values, bool log_scale) {
  Chart chart = Errors();
  chart.values = std::move(values);
  chart.log_scale = log_scale;
  Chart line = chart;
  line.mark = Mark::kLine;
  line.limit = kNan;
  return {.title = "", .text = "", .charts = {chart, line}};
}

// The facts of the picture as it was written.
PictureFacts Written(const Picture& picture) { return ValueOrThrow(ReadPicture(ValueOrThrow(RenderPicture(picture)))); }

TEST(Picture, CarriesItsText) {
  const Picture picture{.title = "Accuracy", .text = "模型 é 😀\n\tPASS\n", .charts = {Errors()}};
  const PictureFacts facts = Written(picture);
  EXPECT_EQ(facts.text, PictureText(picture));
  EXPECT_EQ(facts.software, PictureRenderer());
  EXPECT_GT(facts.width, 1600);
  EXPECT_GT(facts.height, 600);
}

TEST(Picture, TextIsTitleTextAndCharts) {
  EXPECT_EQ(PictureText({.title = "Title", .text = "one\ntwo", .charts = {}}), "Title\none\ntwo");
  EXPECT_EQ(PictureText({.title = "T", .text = "", .charts = {Errors()}}),
            "T\n\nChart: Relative error\nx: picture\ny: %\ny is logarithmic\n  a.jpg: 2e-05\n  b.png: 0.000125\n"
            "limit: 1 limit 1 %\n");
}

TEST(Picture, TextSaysWhatIsNotDrawn) {
  const std::string text = PictureText(PictureOf({kNan, -HUGE_VAL, 0, 0.1}, true));
  EXPECT_THAT(text, HasSubstr("a.jpg: nan  (not drawn)\n"));
  EXPECT_THAT(text, HasSubstr("b.png: -inf  (not drawn)\n"));
  EXPECT_THAT(text, HasSubstr("#3: 0  (not drawn: the scale is logarithmic)\n"));
  EXPECT_THAT(text, HasSubstr("#4: 0.1\n"));
  EXPECT_THAT(PictureText(PictureOf({}, false)), HasSubstr("b.png: no value\n"));
}

TEST(Picture, TextIsSafe) {
  const Picture picture{.title = "two\nlines", .text = "\x1b[31m \xff \xed\xa0\x80 10%\r20%\r\nend\r", .charts = {}};
  EXPECT_EQ(PictureText(picture), "two\\x0alines\n\\x1b[31m \\xff \\xed\\xa0\\x80 10%\\x0d20%\nend");
  EXPECT_EQ(Written(picture).text, PictureText(picture));
}

TEST(Picture, SameBytesForTheSamePicture) {
  const Picture picture{.title = "Accuracy", .text = "line", .charts = {Errors()}};
  EXPECT_EQ(ValueOrThrow(RenderPicture(picture)), ValueOrThrow(RenderPicture(picture)));
}

TEST(Picture, ShowsItsTextAndValues) {
  Picture picture{.title = "Accuracy", .text = "line", .charts = {Errors()}};
  const std::string before = ValueOrThrow(RenderPicture(picture));
  picture.text = "lime";
  EXPECT_FALSE(ValueOrThrow(SamePixels(before, ValueOrThrow(RenderPicture(picture)))));
  picture.text = "line";
  picture.charts[0].values[1] = 1.5e-4;
  EXPECT_FALSE(ValueOrThrow(SamePixels(before, ValueOrThrow(RenderPicture(picture)))));
  picture.charts[0].values[1] = 1.25e-4;
  EXPECT_TRUE(ValueOrThrow(SamePixels(before, ValueOrThrow(RenderPicture(picture)))));
}

TEST(Picture, DrawsOddValues) {
  const std::vector<std::vector<double>> cases = {{},
                                                  {0},
                                                  {-1, 0},
                                                  {kNan},
                                                  {HUGE_VAL, -HUGE_VAL},
                                                  {1e308, -1e308},
                                                  {5e-324},
                                                  {1, 1 + 1e-16},
                                                  {1e299, -1e299, 1e-299},
                                                  std::vector<double>(5000, 3)};
  for (const auto& values : cases) {
    for (const bool log_scale : {false, true}) {
      const Picture picture = PictureOf(values, log_scale);
      EXPECT_EQ(Written(picture).text, PictureText(picture));
    }
  }
}

TEST(Picture, CutsWhatIsLong) {
  std::string text;
  for (int i = 0; i < 10000; ++i) text += fmt::format("line {}\n", i);
  const Picture many{.title = std::string(10000, 'W'), .text = text, .charts = {}};
  EXPECT_LT(Written(many).height, 6000);
  EXPECT_EQ(Written(many).text, PictureText(many));
  const Picture wide{.title = "", .text = std::string(1 << 20, 'x'), .charts = std::vector<Chart>(12, Errors())};
  EXPECT_EQ(Written(wide).text, PictureText(wide));
}

TEST(Picture, RefusesWhatIsTooMuch) {
  EXPECT_THAT(Refusal(RenderPicture({.title = "", .text = std::string((4 << 20) + 1, 'x'), .charts = {}})),
              HasSubstr("4194304 bytes of text"));
  EXPECT_THAT(Refusal(RenderPicture({.title = "", .text = "", .charts = std::vector<Chart>(13)})),
              HasSubstr("12 charts"));
}

TEST(Picture, NeedsNoFonts) {
  const Fonts fonts = LoadFonts({"/nonexistent"});
  EXPECT_THAT(RendererWith(fonts), EndsWith("built-in font for DejaVu Sans, built-in font for DejaVu Sans Bold, "
                                            "built-in font for DejaVu Sans Mono"));
  const Picture picture{.title = "Title", .text = "text 模型 é │", .charts = {Errors()}};
  const std::string png = ValueOrThrow(RenderWith(picture, fonts));
  EXPECT_EQ(ValueOrThrow(ReadPicture(png)).text, PictureText(picture));
  const std::string blank = ValueOrThrow(RenderWith({.title = "", .text = " ", .charts = {{}}}, fonts));
  EXPECT_FALSE(ValueOrThrow(SamePixels(png, blank)));
}

TEST(Picture, RendererNamesWhatDraws) {
  EXPECT_THAT(PictureRenderer(), StartsWith("cairo 1."));
  EXPECT_THAT(PictureRenderer(), HasSubstr("DejaVu Sans Mono"));
}

// Seconds of CPU time: of all threads that the process has had, or of this one.
double CpuSeconds(int who) {
  rusage usage{};
  getrusage(who, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

// The largest picture is drawn by the calling thread alone, and soon.
TEST(Picture, NeedsNoThreads) {
  const Picture picture{.title = "", .text = std::string(160 * 120, '@'), .charts = std::vector<Chart>(12, Errors())};
  const double process = CpuSeconds(RUSAGE_SELF), thread = CpuSeconds(RUSAGE_THREAD);
  ASSERT_TRUE(RenderPicture(picture).ok());
  const double seconds = CpuSeconds(RUSAGE_THREAD) - thread;
  EXPECT_NEAR(CpuSeconds(RUSAGE_SELF) - process, seconds, 0.05 + 0.1 * seconds);
  EXPECT_LT(seconds, 30);  // 1 s without sanitizers
}

TEST(PictureLines, WrapAndCount) {
  const auto rows = MakeRows("abcdef\n\nxy\tz", 4, 10);
  std::vector<std::string> texts;
  for (const Row& row : rows) texts.push_back((row.continued ? "+" : "") + row.text);
  EXPECT_THAT(texts, ElementsAre("abcd", "+ef", "", "xy", "+      ", "+z"));
  EXPECT_THAT(MakeRows("模型模", 4, 10), testing::SizeIs(2));
  EXPECT_TRUE(MakeRows("", 4, 10).empty());
}

TEST(PictureLines, CutSaysHowMany) {
  const auto rows = MakeRows("1\n2\n3\n4\n", 10, 3);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[2].text, "... 2 more lines, in the text chunk");
  EXPECT_EQ(MakeRows("1\n2\n3\n", 10, 3)[2].text, "3");
  EXPECT_EQ(MakeRows(std::string(100, 'x'), 10, 3)[2].text, "... 1 more line, in the text chunk");
}

TEST(PictureAxis, TicksAreRound) {
  Chart chart;
  chart.values = {468.6, 919.5};
  EXPECT_THAT(MakeAxis(chart).ticks, ElementsAre(0, 200, 400, 600, 800, 1000));
  chart.values = {-3, 4};
  EXPECT_THAT(MakeAxis(chart).ticks, ElementsAre(-4, -2, 0, 2, 4));
  chart = Errors();
  EXPECT_EQ(MakeAxis(chart).ticks.size(), 7u);  // 1e-5 to 10
  chart.values = {1e-200, 1e200};
  EXPECT_LE(MakeAxis(chart).ticks.size(), 8u);
}

TEST(PictureAxis, NumbersAreShort) {
  const std::vector<std::pair<double, std::string>> cases = {
      {0, "0"},       {2e-5, "2e-5"}, {1.234e-4, "1.23e-4"}, {0.001, "0.001"}, {0.5, "0.5"},     {17.401, "17.4"},
      {919.5, "920"}, {1250, "1250"}, {-0.25, "-0.25"},      {1.5e6, "1.5e6"}, {1e100, "1e100"}, {kNan, "nan"}};
  for (const auto& [value, text] : cases) EXPECT_EQ(NumberText(value), text);
}

}  // namespace
}  // namespace convnext
