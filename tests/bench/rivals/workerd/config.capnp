# One worker behind one HTTP socket; the address comes from the command line.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "pricing", worker = .pricing)],
  sockets = [(name = "http", http = (), service = "pricing")],
);

const pricing :Workerd.Worker = (
  modules = [
    (name = "pricing.js", esModule = embed "pricing.js"),
    (name = "price.js", esModule = embed "price.js"),
  ],
  compatibilityDate = "2026-11-01",
);
