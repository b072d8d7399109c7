// Secrets do not leave the machine, and ordinary text stays as it is.
#include <random>

#include "convnext/base/base.h"
#include "test_util.h"

namespace convnext {
namespace {

constexpr std::string_view kHome = "/srv/people/ann";

std::string Redacted(std::string_view text) { return Redact(text, kHome); }

TEST(Redact, UsersInUrls) {
  EXPECT_EQ(Redacted("https://ann:pw@gitcode.com/a/b.git"), "https://***@gitcode.com/a/b.git");
  EXPECT_EQ(Redacted("https://oauth2:p@w@host:80/x (fetch)"), "https://***@host:80/x (fetch)");
  EXPECT_EQ(Redacted("https://0123456789abcdef@github.com/a"), "https://***@github.com/a");
  EXPECT_EQ(Redacted("http_proxy=http://u:p@proxy:3128"), "http_proxy=http://***@proxy:3128");
  EXPECT_EQ(Redacted("a://b:c@d e://f:g@h"), "a://***@d e://***@h");
}

TEST(Redact, Assignments) {
  EXPECT_EQ(Redacted("https://h/p?a=1&access_token=s3cr3t&b=2#f"), "https://h/p?a=1&access_token=***&b=2#f");
  EXPECT_EQ(Redacted("https://h/p?key=abc&sig=1"), "https://h/p?key=***&sig=***");
  EXPECT_EQ(Redacted("GET /?X-Amz-Signature=00ff&q=cat"), "GET /?X-Amz-Signature=***&q=cat");
  EXPECT_EQ(Redacted("ASCEND_TOKEN=abc PASSWORD=\"d e\" client-secret='x'"),
            "ASCEND_TOKEN=*** PASSWORD=\"*** e\" client-secret='***'");
  EXPECT_EQ(Redacted("AWS_SECRET_ACCESS_KEY=abc/def+g== api_key=1"), "AWS_SECRET_ACCESS_KEY=*** api_key=***");
}

TEST(Redact, KnownTokens) {
  const std::string twenty = "0123456789abcdefGHIJ";
  for (const std::string prefix : {"hf_", "ghp_", "gho_", "github_pat_", "glpat-", "sk-", "sk-proj-"}) {
    const std::string kept = prefix == "sk-proj-" ? "sk-" : prefix;
    EXPECT_EQ(Redacted("x " + prefix + twenty + "."), "x " + kept + "***" + (prefix == "glpat-" ? "" : ".")) << prefix;
    EXPECT_EQ(Redacted("\"" + prefix + twenty + twenty + "\""), "\"" + kept + "***\"");
    EXPECT_EQ(Redacted(prefix + "short"), prefix + "short");
  }
  EXPECT_EQ(Redacted("AKIAIOSFODNN7EXAMPLE,"), "AKIA***,");
}

TEST(Redact, AuthorizationHeaders) {
  EXPECT_EQ(Redacted("Authorization: Bearer abc.def"), "Authorization: Bearer ***");
  EXPECT_EQ(Redacted("curl -H 'authorization:basic dTpw' x"), "curl -H 'authorization:basic ***' x");
  EXPECT_EQ(Redacted(R"({"Authorization": "Bearer abc"})"), R"({"Authorization": "Bearer ***"})");
}

TEST(Redact, HomeDirectories) {
  EXPECT_EQ(Redacted("/root"), "~");
  EXPECT_EQ(Redacted("/root/.cache:/home/bob/lib:/srv/people/ann"), "~/.cache:~/lib:~");
  EXPECT_EQ(Redacted("\"/Users/bob.b/m.onnx\" -I/home/bob/include -L/root/lib"), "\"~/m.onnx\" -I~/include -L~/lib");
  EXPECT_EQ(Redacted("file:///home/bob/x host:/root/x"), "file://~/x host:~/x");
  EXPECT_EQ(Redact("/srv/people/ann/x", "/srv/people/ann/"), "~/x");
  EXPECT_EQ(Redacted("cd /home/ann@example.org/x"), "cd ~/x");
  for (const std::string_view home : {"", "/", "//"}) EXPECT_EQ(Redact("/usr/lib /root", home), "/usr/lib ~");
}

TEST(Redact, LeavesOrdinaryTextAlone) {
  for (const std::string_view text :
       {"", "risk-averse task-scheduling", "sk-learn-contrib-and-other-words", "hf_transfer", "version=1.2.3 key=value",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "max_tokens=12 token: 3",
        "https://gitcode.com/hf_mirrors/timm/convnext_base.clip_laion2b", "git@gitcode.com:a/b.git",
        "ssh://git@host/a/b.git", "mail ann@example.org", "https://medium.com/@ann/post", "a == b, password ==",
        "/rooted /root2 /home /home/ /opt/root/x /data/home/bob /srv/people/anna ./root/x a/home/b https://h/home/x",
        "Authorization: required for all users", "| 0 0 | 0000:0A:00.0 | 0 0 / 0 3107 / 65536 |",
        "LD_LIBRARY_PATH=/usr/local/Ascend/cann-8.5.1/lib64:", "模型适配 é \xff\x01"}) {
    EXPECT_EQ(Redacted(text), text);
    EXPECT_FALSE(HoldsSecret(text, kHome));
  }
}

TEST(Redact, SecondTimeChangesNothing) {
  const std::vector<std::string> parts = {"https://",
                                          "u:p@",
                                          "host",
                                          "/",
                                          "/root",
                                          "/home/",
                                          "bob",
                                          "?",
                                          "&",
                                          "token",
                                          "key",
                                          "=",
                                          "hf_",
                                          " ",
                                          "sk-",
                                          "AKIA",
                                          "Bearer",
                                          "authorization",
                                          ": ",
                                          "\"",
                                          "0123456789ABCDEF",
                                          "abcdefghij0123456789",
                                          "~",
                                          "***",
                                          "git@",
                                          "-I",
                                          "_",
                                          "-",
                                          ".",
                                          "@",
                                          "/srv/people/ann"};
  std::mt19937 random(1);
  for (int i = 0; i < 50'000; ++i) {
    std::string text;
    for (size_t k = 1 + random() % 12; k > 0; --k) text += parts[random() % parts.size()];
    const std::string once = Redacted(text);
    ASSERT_EQ(Redacted(once), once) << text;
  }
}

// Quadratic time would be hours.
TEST(Redact, LongTexts) {
  for (const std::string part :
       {"://", "sk-", "=", "token", "a@", "authorization", "/home", "hf_", "token=", "\"", "-"}) {
    std::string text;
    while (text.size() < 500'000) text += part;
    EXPECT_FALSE(Redacted(text).empty());
  }
}

}  // namespace
}  // namespace convnext
