// src/convnext/ascend/acl/declarations.h and the emulator, held to AscendCL's official headers: those of two torch-npu
// wheels, CANN 8.5 and the newest seen. Compiling is the test. Skipped with a message where the index of packages
// cannot be reached. See docs/ascend-facts.md, "Clients: official headers".
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>

#include "convnext/ascend/acl/acl_error.h"
#include "paths.h"
#include "shell.h"

namespace convnext {
namespace {

namespace fs = std::filesystem;

const std::string kSource = kSourceDirectory;
const std::string kProbes = kSource + "/tests/acl_headers/";

std::set<std::string> Matches(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  std::set<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), regex), end; it != end; ++it) found.insert((*it)[1]);
  return found;
}

std::string WithoutComments(const std::string& text) {
  return std::regex_replace(text, std::regex("//[^\n]*|/\\*[^]*?\\*/"), "");
}

std::string AclHeader() { return WithoutComments(ReadText(kSource + "/src/convnext/ascend/acl/declarations.h")); }

// The part of acl.h that the official headers stand in for: constants, enumerations, structs.
std::string AclTypes() {
  const std::string header = AclHeader();
  return header.substr(0, header.find("namespace convnext"));
}

std::set<std::string> Functions() { return Matches(AclHeader(), R"(\(\*(acl\w+)\)\()"); }

std::set<std::string> FindWords(const std::string& text) { return Matches(text, R"((\w+))"); }

class AclHeaders : public ShellTest, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    const Outcome fetched =
        Shell(fmt::format("python3 '{}fetch.py' {} '{}/build/acl_headers'", kProbes, GetParam(), kSource));
    if (fetched.exit_code == 77 || fetched.exit_code == 127) GTEST_SKIP() << fetched.err;
    ASSERT_EQ(fetched.exit_code, 0) << fetched.err;
    official_ = fetched.out.substr(0, fetched.out.find('\n'));
  }

  // Compiles with the compiler of this build, the official headers first.
  Outcome Compile(const std::string& file, const std::string& flags = "") const {
    return Shell(
        fmt::format("'{}' -std=c++20 -fsyntax-only -Wall -Wextra -Werror -Wno-deprecated-declarations "
                    "-isystem '{}' {} -I'{}/src' -I'{}' '{}'",
                    kCompiler, official_, flags, kSource, kSource, file));
  }

  void ExpectCompiles(const std::string& file, const std::string& flags = "") const {
    const Outcome outcome = Compile(file, flags);
    EXPECT_EQ(outcome.exit_code, 0) << file << "\n" << outcome.err.substr(0, 4000);
  }

  // All words of the official headers in `folders`.
  std::set<std::string> OfficialWords(const std::vector<std::string>& folders) const {
    std::string text;
    for (const std::string& folder : folders) {
      for (const auto& entry : fs::recursive_directory_iterator(official_ + "/" + folder)) {
        if (entry.path().extension() == ".h") text += WithoutComments(ReadText(entry.path())) + "\n";
      }
    }
    return FindWords(text);
  }

  bool IsNewest() const { return GetParam() == std::string("2.14.0"); }

  std::string official_;
};

TEST_P(AclHeaders, TypesAndConstantsAreTheOfficialOnes) { ExpectCompiles(kProbes + "types.cc"); }

TEST_P(AclHeaders, FunctionsHaveTheOfficialTypes) {
  ExpectCompiles(kProbes + "functions.cc");
  std::set<std::string> absent;
  const std::set<std::string> official = OfficialWords({"acl"});
  for (const std::string& function : Functions()) {
    if (!official.contains(function)) absent.insert(function);
  }
  std::set<std::string> expected;
  if (!IsNewest()) expected = {"aclmdlSetExternalWeightAddress", "aclsysGetVersionStr"};
  EXPECT_EQ(absent, expected);
}

TEST_P(AclHeaders, TheEmulatorsGraphTypesAreLaidOutAsTheOfficialOnes) { ExpectCompiles(kProbes + "ge.cc"); }

// A probe that cannot fail would prove nothing: one type, one constant, one member made wrong.
TEST_P(AclHeaders, AWrongDeclarationIsFound) {
  struct Damage {
    const char *probe, *right, *wrong;
  };
  for (const Damage& damage : {
           Damage{"functions.cc", "(*aclrtMalloc)(void** memory, size_t size,",
                  "(*aclrtMalloc)(void** memory, int size,"},
           Damage{"functions.cc", "aclError (*aclmdlUnload)(uint32_t", "aclError (*aclmdlUnload)(int32_t"},
           Damage{"types.cc", "ACL_FLOAT16 = 1", "ACL_FLOAT16 = 2"},
           Damage{"types.cc", "size_t dimCount;", "uint32_t dimCount;"},
           Damage{"types.cc", "ACL_MAX_DIM_CNT = 128", "ACL_MAX_DIM_CNT = 64"},
       }) {
    std::string header = ReadText(kSource + "/src/convnext/ascend/acl/declarations.h");
    const size_t at = header.find(damage.right);
    ASSERT_NE(at, std::string::npos) << damage.right;
    fs::create_directories(Path("wrong/convnext/ascend/acl"));
    const std::string copy = Path("wrong/convnext/ascend/acl/declarations.h"), flags = "-I'" + Path("wrong") + "'";
    WriteText(copy, header);
    ExpectCompiles(kProbes + damage.probe, flags);
    WriteText(copy, header.replace(at, std::string(damage.right).size(), damage.wrong));
    const Outcome outcome = Compile(kProbes + damage.probe, flags);
    EXPECT_NE(outcome.exit_code, 0) << damage.wrong;
    EXPECT_NE(outcome.err.find("static"), std::string::npos) << outcome.err.substr(0, 2000);
  }
}

// Macros and constants; those of the graph engine lie in a folder of their own.
TEST_P(AclHeaders, ErrorCodesAreTheOfficialOnes) {
  const std::set<std::string> official = OfficialWords({"acl", "ge"});
  std::string probe = "#include <acl/acl.h>\n#include <ge/ge_error_codes.h>\n";
  std::vector<std::string> absent;
  for (const AclErrorName& error : AclErrorNames()) {
    if (official.contains(error.name)) {
      probe += fmt::format("static_assert({} == {});\n", error.name, error.code);
    } else {
      absent.emplace_back(error.name);
    }
  }
  WriteText(Path("errors.cc"), probe);
  ExpectCompiles(Path("errors.cc"));
  EXPECT_LE(absent.size(), IsNewest() ? 0U : 3U) << testing::PrintToString(absent);
  RecordProperty("absent", testing::PrintToString(absent));

  WriteText(Path("wrong.cc"), std::regex_replace(probe, std::regex("== 207001"), "== 207002"));
  EXPECT_NE(Compile(Path("wrong.cc")).exit_code, 0);
}

const std::string kEmulator = kSource + "/emulator/";

// The emulator's functions with the official types in place of its own: one of another type would not compile.
TEST_P(AclHeaders, TheEmulatorCompilesAgainstThem) {
  const std::string flags = "-DASCEND_EMULATOR_OFFICIAL_HEADERS -I'" + kEmulator + "'";
  int sources = 0;
  for (const auto& entry : fs::directory_iterator(kEmulator)) {
    const std::string file = entry.path();
    if (!file.ends_with(".cc") || file.ends_with("_test.cc")) continue;
    if (ReadText(file).find("extern \"C\"") == std::string::npos) continue;
    ++sources;
    ExpectCompiles(file, flags);
  }
  EXPECT_GE(sources, 10);

  const std::string right = "aclopSetAttrInt(aclopAttr* attr, const char* name, int64_t";
  std::string source = ReadText(kEmulator + "op_attributes.cc");
  const size_t at = source.find(right);
  ASSERT_NE(at, std::string::npos);
  WriteText(Path("copy.cc"), source);
  ExpectCompiles(Path("copy.cc"), flags);
  WriteText(Path("copy.cc"), source.replace(at + right.size() - 7, 7, "int32_t"));
  EXPECT_NE(Compile(Path("copy.cc"), flags).exit_code, 0);
}

INSTANTIATE_TEST_SUITE_P(Versions, AclHeaders, testing::Values("2.9.0.post2", "2.14.0"), [](const auto& parameter) {
  std::string name = parameter.param;
  std::replace(name.begin(), name.end(), '.', '_');
  return "TorchNpu_" + name;
});

// The probes above name all that acl.h declares; with them a member that nobody compares cannot come in.
TEST(AclHeaderProbes, NameEveryDeclaration) {
  const std::set<std::string> functions = Functions(),
                              compared = Matches(ReadText(kProbes + "functions.cc"), R"(SAME_FUNCTION\((acl\w+)\);)");
  EXPECT_GE(functions.size(), 40U);
  EXPECT_EQ(functions, compared);

  std::string types = AclTypes();
  for (const char* header : {"acl_types.h", "op_types.h"})
    types += WithoutComments(ReadText(kSource + "/emulator/" + header));
  const std::set<std::string> words = FindWords(ReadText(kProbes + "types.cc"));
  std::set<std::string> declared = Matches(types, R"(\b(ACL_\w+)(?:[,;]| =| \}))");
  EXPECT_GE(declared.size(), 35U);
  declared.merge(Matches(types, R"((?:using|enum) (acl\w+))"));
  declared.merge(Matches(types, R"(struct (acl\w+) \{)"));
  declared.merge(Matches(types, R"(\n  \w+ (\w+)(?:\[\w+\])?;)"));  // members
  EXPECT_GE(declared.size(), 60U);
  for (const std::string& name : declared) EXPECT_TRUE(words.contains(name)) << name << " is not in types.cc";
}

}  // namespace
}  // namespace convnext
