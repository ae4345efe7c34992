use lockgate_toolchain::*;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    if args[1] == "new" {
        println!("{:?}", create(std::path::Path::new(&args[2]), &args[3]));
        return;
    }
    let mut o = Options::new(&args[1]);
    if let Some(p) = args.get(2) {
        o.path = p.into();
    }
    match build(&o, &mut |e| match e {
        Event::Diagnostic(d) => eprint!("{d}"),
        e => eprintln!("{e:?}"),
    }) {
        Ok(b) => {
            println!("{b:#?}");
            println!("{:#?}", inspect(&std::fs::read(&b.path).unwrap()).unwrap());
        }
        Err(e) => {
            println!("ERROR {e}");
            std::process::exit(1)
        }
    }
}
