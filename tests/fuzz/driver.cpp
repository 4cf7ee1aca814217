// Runs a fuzzer where there is no libFuzzer: its corpus, then a fixed number of inputs made of it.
// The same numbers give the same inputs on every machine.
//
// usage: PROGRAM CORPUS-FOLDER RUNS
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr size_t kLongest = 8192;

std::vector<std::string> read_corpus(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> corpus;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return corpus;
}

class Mutator {
 public:
  explicit Mutator(const std::vector<std::string>& corpus) : corpus_(corpus) {}

  std::string next() {
    std::string text = any();
    for (size_t left = 1 + below(6); left > 0; left--)
      change(text);
    if (text.size() > kLongest) text.resize(kLongest);
    return text;
  }

 private:
  size_t below(size_t end) { return end == 0 ? 0 : random_() % end; }
  const std::string& any() { return corpus_[below(corpus_.size())]; }
  std::string piece(const std::string& of) {
    size_t begin = below(of.size());
    return of.substr(begin, 1 + below(std::min<size_t>(of.size() - begin, 64)));
  }
  void change(std::string& text) {
    static constexpr char kBytes[] = "\0\r\n\t\"\\/:;,=<>[]{}@%?#-9\x7f\x80\xff";
    static const std::string kTelling(kBytes, sizeof(kBytes) - 1);
    size_t at = below(text.size() + 1);
    switch (below(7)) {
      case 0:
        text.insert(at, 1, kTelling[below(kTelling.size())]);
        break;
      case 1:
        text.insert(at, piece(any()));
        break;
      case 2:
        text.erase(at, 1 + below(32));
        break;
      case 3:
        if (at < text.size()) text[at] = static_cast<char>(random_());
        break;
      case 4:
        if (at < text.size()) text[at] = static_cast<char>(text[at] ^ 1 << below(8));
        break;
      case 5: {
        std::string again = piece(text.empty() ? any() : text);
        for (size_t times = below(40); times > 0 && text.size() < kLongest; times--)
          text.insert(std::min(at, text.size()), again);
        break;
      }
      default:
        text.resize(at);
        break;
    }
  }

  const std::vector<std::string>& corpus_;
  std::mt19937 random_{20240229};
};

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s CORPUS-FOLDER RUNS\n", argv[0]);
    return 2;
  }
  const std::vector<std::string> corpus = read_corpus(argv[1]);
  const long runs = std::atol(argv[2]);
  if (corpus.empty() || runs <= 0) {
    std::fprintf(stderr, "%s: an empty corpus, or no runs\n", argv[0]);
    return 2;
  }
  run("");
  for (const std::string& input : corpus)
    run(input);
  Mutator mutator(corpus);
  for (long i = 0; i < runs; i++)
    run(mutator.next());
  std::printf("%zu inputs of the corpus and %ld of their kind\n", corpus.size(), runs);
}
