#include "offlineimap/app/program.hpp"

int main(int argc, char** argv) {
    return offlineimap::app::run_program(argc, argv);
}
