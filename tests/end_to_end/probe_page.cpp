// SPDX-License-Identifier: Apache-2.0
// The page of mqfail-probe --format html in a real browser (Chromium), light and dark, narrow and
// wide. A picture of each is kept in $MQFAIL_PICTURES, if that is set. Without Chromium the test is
// skipped, and says so.
#include <cstdlib>

#include "end_to_end/tools.hpp"

using namespace rig;

namespace {

std::string chromium() {
  try {
    return find_program("chromium");
  } catch (const Broken&) {
    return {};
  }
}

boost::test_tools::assertion_result there_is_chromium(boost::unit_test::test_unit_id) {
  boost::test_tools::assertion_result is(!chromium().empty());
  is.message() << "chromium is not installed (apt-get install chromium)";
  return is;
}

/// A page of a watch over servers of every kind, with a hostile name among them.
class Page {
 public:
  Page() {
    Mosquitto a, b, tls({.certificate = certificates_.certificate(), .key = certificates_.key()});
    const std::string long_name(120, 'x');
    Process watch(command(
        "mqfail-probe",
        {"-s",       a.uri() + "?serverId=%3Cscript%3Edocument.title%3D'hacked'%3C%2Fscript%3E",
         "-s",       b.uri() + "?serverId=" + long_name,
         "-s",       "mqtts://localhost:" + std::to_string(tls.port()) + "?serverId=secure",
         "-s",       dead_uri() + "?serverId=dead",
         "--cafile", certificates_.authority(),
         "--topic",  "t",
         "--cross",  "--connect-timeout",
         "200ms",    "--features",
         "--watch",  "0.1",
         "--format", "html",
         "-o",       path()}));
    while (read_if_there().find("class=\"history\"") == std::string::npos) {
      BOOST_REQUIRE(watch.running());
      std::this_thread::sleep_for(20ms);
    }
    watch.signal(SIGTERM);
    CHECK_STATUS(watch, 0);
  }
  std::string path() const { return (scratch_ / "page.html").string(); }
  std::string folder() const { return scratch_.path().string(); }

 private:
  std::string read_if_there() const {
    return std::filesystem::exists(path()) ? read_file(path()) : std::string();
  }
  Certificates certificates_;
  Scratch scratch_;
};

// Chromium looks for nothing in the network. On a busy machine it stands still now and then, and is
// started again.
Finished browse(const Page& page, const Arguments& arguments, const std::string& file) {
  const auto once = [&](const std::string& profile) {
    Arguments all{chromium(),
                  "--headless",
                  "--no-sandbox",
                  "--disable-gpu",
                  "--hide-scrollbars",
                  "--no-first-run",
                  "--disable-background-networking",
                  "--disable-component-update",
                  "--disable-sync",
                  "--user-data-dir=" + page.folder() + "/" + profile};
    all.insert(all.end(), arguments.begin(), arguments.end());
    all.push_back("file://" + file);
    return run(Command{.argv = std::move(all), .environment = {{"HOME", page.folder()}}}, 60s);
  };
  try {
    return once("profile");
  } catch (const Broken&) {
    return once("another-profile");
  }
}

/// A picture without its compression: the program "convert" is not needed, for a PNG that Chromium
/// makes of one colour has a few kilobytes at most.
std::string picture(const Page& page, int width, bool dark) {
  const std::string name =
      std::string(dark ? "dark" : "light") + "-" + std::to_string(width) + ".png";
  const std::string file = page.folder() + "/" + name;
  Arguments arguments{"--window-size=" + std::to_string(width) + ",2000", "--screenshot=" + file};
  if (dark) arguments.push_back("--blink-settings=preferredColorScheme=0");
  const Finished shot = browse(page, arguments, page.path());
  BOOST_TEST(shot.exit.status == 0, shot.err);
  BOOST_REQUIRE(std::filesystem::exists(file));
  if (const char* const kept = std::getenv("MQFAIL_PICTURES")) {
    std::filesystem::create_directories(kept);
    std::filesystem::copy_file(file, std::filesystem::path(kept) / name,
                               std::filesystem::copy_options::overwrite_existing);
  }
  return read_file(file);
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_page_is_drawn_light_and_dark_narrow_and_wide,
                     *boost::unit_test::precondition(there_is_chromium)) {
  const Page page;
  std::set<std::string> pictures;
  for (const int width : {400, 1400}) {
    for (const bool dark : {false, true}) {
      const std::string png = picture(page, width, dark);
      BOOST_TEST(png.starts_with("\x89PNG"));
      BOOST_TEST(png.size() > 20000U, "blank at " << width);
      pictures.insert(png);
    }
  }
  BOOST_TEST(pictures.size() == 4U);  // dark is not light
}

// A script beside the page, in a frame of each width, measures it; the page itself has none.
BOOST_AUTO_TEST_CASE(nothing_is_wider_than_the_window_and_everything_is_drawn,
                     *boost::unit_test::precondition(there_is_chromium)) {
  const Page page;
  std::string text = read_file(page.path());
  // Without its own policy and refresh, so that it can be measured.
  text = std::regex_replace(text, std::regex("<meta http-equiv[^>]*>"), "");
  const std::string measured = page.folder() + "/measured.html";
  for (const int width : {360, 700, 1400}) {
    write_file(measured,
               std::regex_replace(
                   text, std::regex("</body>"),
                   "<script>const r=document.documentElement,q=s=>document.querySelectorAll(s),"
                   "box=e=>e.getBoundingClientRect();"
                   "r.dataset.found=[r.scrollWidth<=r.clientWidth,q('.server').length,"
                   "[...q('.server,.verdict,.bar,.history')].every(e=>box(e).width>60&&"
                   "box(e).height>4&&box(e).right<=r.clientWidth),"
                   "[...q('.bar rect.tls')].length,getComputedStyle(document.body)"
                   ".backgroundColor!='rgba(0, 0, 0, 0)'].join(' ')</script></body>"));
    const Finished dom =
        browse(page, {"--window-size=" + std::to_string(width) + ",1000", "--dump-dom"}, measured);
    BOOST_TEST(dom.out.find("data-found=\"true 4 true 1 true\"") != std::string::npos,
               width << ": " << dom.out.substr(0, 300));
  }
}

BOOST_AUTO_TEST_CASE(no_script_of_a_server_runs,
                     *boost::unit_test::precondition(there_is_chromium)) {
  const Page page;
  const Finished dom = browse(page, {"--enable-logging=stderr", "--dump-dom"}, page.path());
  BOOST_TEST(dom.out.find("hacked</title>") == std::string::npos);
  BOOST_TEST(dom.out.find("<b>&lt;script&gt;document.title") != std::string::npos,
             dom.out.substr(0, 2000));
  // The page's own policy lets its style sheet in.
  BOOST_TEST(dom.err.find("Content Security Policy") == std::string::npos, dom.err);
}
