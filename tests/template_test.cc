// The makings of the READMEs: templates, and untrusted text as Markdown and YAML.
#include "convnext/bundle/template.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "convnext/bundle/json_rows.h"
#include "convnext/bundle/markdown.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

TEST(Template, FillsNamesAndDottedNames) {
  EXPECT_EQ(FillTemplate("{{a}} {{b.c.d}} {{e}}", {{"a", "x"}, {"b", {{"c", {{"d", 0.5}}}}}, {"e", {1, 2}}}),
            "x 0.5 [1,2]");
}

TEST(Template, WordsStandForWhatIsNotThere) {
  const Json values = {{"null", nullptr}, {"blank", " \n"}, {"false", false}, {"none", Json::array()}, {"zero", 0}};
  EXPECT_EQ(FillTemplate("{{null or a}}{{code blank or b c}}{{false or d}}{{none or e}}{{zero or f}}", values),
            "ab cde0");
}

TEST(Template, WhatIsUnknownStandsOut) {
  for (const char* text : {"{{x}}", "{{x or y}}", "{{a.x}}", "{{code x}}", "{{verb a}}", "{{a", "{{null}}"}) {
    EXPECT_EQ(FillTemplate(text, {{"a", "b"}, {"null", nullptr}}), text);
  }
  EXPECT_EQ(FillTemplate("{{#x}}body{{/x}}", Json::object()), "{{#x}}");
}

TEST(Template, SectionsRepeatForElementsAndLookOutwards) {
  const Json values = {{"list", {{{"x", 1}}, {{"x", 2}}}}, {"y", "o"}, {"numbers", {3, 4}}};
  EXPECT_EQ(FillTemplate("{{#list}}{{x}}{{y}} {{/list}}{{#numbers}}[{{.}}]{{/numbers}}", values), "1o 2o [3][4]");
}

TEST(Template, SectionsAskWhetherSomethingIsThere) {
  const Json values = {{"yes", true}, {"no", false}, {"object", {{"x", 1}}}, {"empty", Json::array()}};
  EXPECT_EQ(FillTemplate("{{#yes}}a{{/yes}}{{^yes}}b{{/yes}}{{#no}}c{{/no}}{{^no}}d{{/no}}", values), "ad");
  EXPECT_EQ(FillTemplate("{{#object}}{{x}}{{/object}}{{^empty}}e{{/empty}}{{#empty}}f{{/empty}}", values), "1e");
}

TEST(Template, TagsOnLinesOfTheirOwnLeaveNoLine) {
  EXPECT_EQ(FillTemplate("a\n{{#list}}\n{{.}}\n{{/list}}\nb\n", {{"list", {1, 2}}}), "a\n1\n2\nb\n");
}

TEST(Template, ValuesAreNotTemplates) {
  EXPECT_EQ(FillTemplate("{{a}}", {{"a", "{{a}}"}}), "&#123;&#123;a&#125;&#125;");
  EXPECT_EQ(FillTemplate("{{code a}}", {{"a", "{{a}}"}}), "&#123;&#123;a&#125;&#125;");
}

TEST(Markdown, PlainTextDoesNothing) {
  EXPECT_EQ(PlainText("convnext_base.clip (v1) [1,3] 8.5.1 @ 2.10GHz"),
            "convnext_base.clip (v1) [1,3] 8.5.1 @ 2.10GHz");
  EXPECT_EQ(PlainText("a|b<c>&`*~\\"), "a&#124;b&#60;c&#62;&#38;&#96;&#42;&#126;&#92;");
  EXPECT_EQ(PlainText("_x_ a_b [l](u) \\( \\n"), "&#95;x&#95; a_b [l&#93;(u) &#92;( \\n");
}

TEST(Markdown, WhatCannotBeSeenIsShown) {
  EXPECT_EQ(PlainText("a\n\r\tb\x1b"), "a\\u000a\\u000d\\u0009b\\u001b");
  EXPECT_EQ(PlainText("\xc2\x85\xe2\x80\xae\xef\xbb\xbf\xef\xbf\xbe"), "\\u0085\\u202e\\ufeff\\ufffe");
  EXPECT_EQ(PlainText("\xff|\xed\xa0\x80"), "\xef\xbf\xbd&#124;\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(PlainText("模型 \xf0\x9f\x98\x80"), "模型 \xf0\x9f\x98\x80");
}

TEST(Markdown, CodeIsPlainTextWhereItCannotBeCode) {
  EXPECT_EQ(CodeText("a<b>*"), "`a<b>*`");
  EXPECT_EQ(CodeText("a`b"), "a&#96;b");
  EXPECT_EQ(CodeText("a|b"), "a&#124;b");
  EXPECT_EQ(CodeText("a\nb"), "`a\\u000ab`");
}

TEST(Markdown, FencesAreLongerThanWhatIsInside) {
  EXPECT_EQ(FencedText("a\tb\n"), "```\na\tb\n```");
  EXPECT_EQ(FencedText("````"), "`````\n````\n`````");
  EXPECT_EQ(FencedText("a\r```\x1b"), "````\na\\u000d```\\u001b\n````");
}

TEST(Markdown, YamlQuotesWhatCouldBeMistaken) {
  EXPECT_EQ(YamlText("timm/convnext_base.clip_laion2b"), "timm/convnext_base.clip_laion2b");
  for (const char* text : {"NO", "null", "Yes", "y", "", "1.5", "12e4", "npu:0", "- a", "a b", ".inf", "~"}) {
    EXPECT_EQ(YamlText(text), Json(text).dump());
  }
  EXPECT_EQ(YamlText("a\"\nb\\"), R"("a\"\\u000ab\\")");
}

TEST(Markdown, YamlNumbersAreNumbersForEveryParser) {
  EXPECT_EQ(YamlText(Json::parse("1e-05")), "1.0e-05");
  EXPECT_EQ(YamlText(Json::parse("7.25e-05")), "7.25e-05");
  EXPECT_EQ(YamlText(Json::parse("-0.5")), "-0.5");
  EXPECT_EQ(YamlText(Json::parse("12")), "12");
}

TEST(JsonRows, NamesEachValueByItsPath) {
  const Json rows = JsonRows({{"a", {{"b", {{{"c", 1.50}}, {{"c", true}}}}}}, {"d", {1, 2}}, {"e", nullptr}});
  EXPECT_EQ(rows, Json::parse(R"([{"metric": "a.b[0].c", "value": "1.5"}, {"metric": "a.b[1].c", "value": "true"},
                                  {"metric": "d", "value": "[1,2]"}, {"metric": "e", "value": null}])"));
}

TEST(JsonRows, LeavesOutWhatNoTableHolds) {
  const Json document = {{"times_ns", {1, 2}}, {"bs1", {{"warmup_ns", {3}}}},     {"long", std::vector<int>(17, 0)},
                         {"text", "a\nb"},     {"longer", std::string(301, 'a')}, {"short", std::vector<int>(16, 0)}};
  const Json rows = JsonRows(document);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0]["metric"], "short");
}

}  // namespace
}  // namespace convnext
