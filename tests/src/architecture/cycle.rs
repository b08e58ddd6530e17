//! Finds a circle in a directed graph.

use std::collections::{BTreeMap, BTreeSet};

/// Edges from each node to others.
pub type Graph = BTreeMap<String, BTreeSet<String>>;

/// The nodes of a circle in their order, if there is one.
pub fn find(graph: &Graph) -> Option<Vec<String>> {
    let mut search = Search { graph, path: Vec::new(), done: BTreeSet::new() };
    graph.keys().find_map(|node| search.from(node))
}

/// A depth-first walk.
struct Search<'a> {
    graph: &'a Graph,
    path: Vec<&'a str>,
    done: BTreeSet<&'a str>,
}

impl<'a> Search<'a> {
    fn from(&mut self, node: &'a str) -> Option<Vec<String>> {
        if let Some(start) = self.path.iter().position(|visited| *visited == node) {
            return Some(self.path[start..].iter().map(|node| (*node).to_owned()).collect());
        }
        if !self.done.insert(node) {
            return None;
        }
        self.path.push(node);
        let found = self.graph.get(node).into_iter().flatten().find_map(|next| self.from(next));
        self.path.pop();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(&str, &str)]) -> Graph {
        let mut graph = Graph::new();
        for (from, to) in edges {
            graph.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        graph
    }

    #[test]
    fn circles_are_found_behind_other_paths() {
        assert_eq!(find(&graph(&[("a", "b"), ("a", "c"), ("b", "c")])), None);
        let circle = find(&graph(&[("a", "b"), ("b", "c"), ("c", "d"), ("d", "b")]));
        assert_eq!(circle, Some(vec!["b".to_owned(), "c".to_owned(), "d".to_owned()]));
        assert_eq!(find(&graph(&[("a", "a")])), Some(vec!["a".to_owned()]));
    }
}
